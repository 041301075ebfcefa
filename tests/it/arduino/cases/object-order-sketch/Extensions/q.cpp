int __attribute__((noinline)) aa() { return 1; }
