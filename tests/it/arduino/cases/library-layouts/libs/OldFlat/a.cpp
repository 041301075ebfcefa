int __attribute__((noinline)) old_two() { return 2; }
