int __attribute__((noinline)) old_one() { return 1; }
