int __attribute__((noinline)) e1() { return 1; }
