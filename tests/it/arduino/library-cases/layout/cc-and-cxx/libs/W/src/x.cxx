int x() { return 4; }
