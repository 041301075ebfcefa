int tabbed() { return 2; }
