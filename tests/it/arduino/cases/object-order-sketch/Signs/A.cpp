int __attribute__((noinline)) a4() { return 4; }
