int __attribute__((noinline)) r2() { return 2; }
