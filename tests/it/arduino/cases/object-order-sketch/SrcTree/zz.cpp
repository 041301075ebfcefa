int __attribute__((noinline)) b5() { return 5; }
