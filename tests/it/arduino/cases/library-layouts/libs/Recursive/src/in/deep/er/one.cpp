#include <Recursive.h>
int __attribute__((noinline)) r4() { return SIDE + 4; }
