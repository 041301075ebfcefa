int __attribute__((noinline)) dd() { return 4; }
