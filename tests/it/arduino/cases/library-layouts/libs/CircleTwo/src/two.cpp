#include <CircleTwo.h>
int __attribute__((noinline)) two() { return one() + 1; }
