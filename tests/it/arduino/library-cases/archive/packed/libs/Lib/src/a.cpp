int first() { return 1; }
