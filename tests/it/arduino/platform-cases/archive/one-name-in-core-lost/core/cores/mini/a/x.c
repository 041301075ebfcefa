int one(void) { return 11; }
