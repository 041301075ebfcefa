int __attribute__((noinline)) e3() { return 3; }
