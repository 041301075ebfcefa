inline int only() { return 6; }
