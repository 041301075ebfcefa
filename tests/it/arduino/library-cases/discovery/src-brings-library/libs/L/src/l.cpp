int get() { return 4; }
