int lib() { return 4; }
