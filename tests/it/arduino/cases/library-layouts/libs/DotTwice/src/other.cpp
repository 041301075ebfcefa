int __attribute__((noinline)) twice_c() { return 3; }
