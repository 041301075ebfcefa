int __attribute__((noinline)) r3() { return 3; }
