#if __has_include("local_options.h")
int __attribute__((noinline)) sees() { return 1; }
#else
int __attribute__((noinline)) sees() { return 2; }
#endif
