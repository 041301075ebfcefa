int __attribute__((noinline)) b4() { return 4; }
