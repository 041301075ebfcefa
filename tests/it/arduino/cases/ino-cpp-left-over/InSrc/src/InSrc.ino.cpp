int in_src() { return 1; }
