int __attribute__((noinline)) a2() { return 2; }
