int elsewhere();
int third() { return elsewhere(); }
