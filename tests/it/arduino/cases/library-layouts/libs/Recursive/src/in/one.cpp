#include "side.h"
int __attribute__((noinline)) r1() { return SIDE; }
