int __attribute__((noinline)) bb() { return 2; }
