int __attribute__((noinline)) twice_a() { return 1; }
