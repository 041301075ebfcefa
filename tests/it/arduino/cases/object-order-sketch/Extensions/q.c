int __attribute__((noinline)) cc() { return 3; }
