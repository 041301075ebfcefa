int more(void) { return 6; }
