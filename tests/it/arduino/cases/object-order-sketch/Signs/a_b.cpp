int __attribute__((noinline)) a3() { return 3; }
