int __attribute__((noinline)) twice_b() { return 2; }
