int get() { return 5; }
