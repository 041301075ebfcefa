int precompiled(void) { return 9; }
