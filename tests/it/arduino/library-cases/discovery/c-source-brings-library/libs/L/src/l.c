int get(void) { return 4; }
