int __attribute__((noinline)) dot_used() { return 8; }
