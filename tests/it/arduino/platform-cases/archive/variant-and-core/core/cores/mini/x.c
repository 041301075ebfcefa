int one(void) { return 5; }
