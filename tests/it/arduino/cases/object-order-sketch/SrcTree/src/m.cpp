int __attribute__((noinline)) b1() { return 1; }
