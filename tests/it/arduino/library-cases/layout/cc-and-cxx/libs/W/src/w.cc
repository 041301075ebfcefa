int x();
int w() { return x(); }
