int __attribute__((noinline)) c2() { return 2; }
