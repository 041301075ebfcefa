int __attribute__((noinline)) b2() { return 2; }
