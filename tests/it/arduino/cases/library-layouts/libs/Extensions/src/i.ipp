inline int ipp() { return 4; }
