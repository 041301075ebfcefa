int __attribute__((noinline)) e4(void) { return 4; }
