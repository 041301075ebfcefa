int impl() { return 4; }
