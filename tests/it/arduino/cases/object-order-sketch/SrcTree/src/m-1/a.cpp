int __attribute__((noinline)) b3() { return 3; }
