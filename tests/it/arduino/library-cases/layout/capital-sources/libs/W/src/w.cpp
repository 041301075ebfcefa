int w() { return 4; }
