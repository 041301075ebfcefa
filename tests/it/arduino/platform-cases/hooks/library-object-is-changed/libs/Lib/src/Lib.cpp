extern "C" int first();
int lib() { return first(); }
