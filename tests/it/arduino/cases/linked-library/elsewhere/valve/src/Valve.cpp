#include "Valve.h"
int __attribute__((noinline)) valve() { return 7; }
