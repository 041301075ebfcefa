int __attribute__((noinline)) e2() { return 2; }
