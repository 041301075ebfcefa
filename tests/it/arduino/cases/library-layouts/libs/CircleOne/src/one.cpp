#include <CircleOne.h>
int __attribute__((noinline)) one() { return TWO_VALUE; }
