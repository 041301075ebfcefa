#include <low.h>
int __attribute__((noinline)) flat_low() { return LOW_VALUE + 1; }
