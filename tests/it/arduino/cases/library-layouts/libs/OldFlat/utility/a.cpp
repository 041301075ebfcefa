int __attribute__((noinline)) old_three() { return 3; }
