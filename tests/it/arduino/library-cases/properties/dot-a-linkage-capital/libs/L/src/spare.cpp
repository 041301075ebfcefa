extern "C" int elsewhere(void);
int spare() { return elsewhere(); }
