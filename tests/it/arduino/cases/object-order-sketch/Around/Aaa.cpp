int __attribute__((noinline)) c1() { return 1; }
