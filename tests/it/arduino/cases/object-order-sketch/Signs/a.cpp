int __attribute__((noinline)) a1() { return 1; }
