#include "First.h"
#include "Second.h"
int __attribute__((noinline)) first_one() { return 1; }
int __attribute__((noinline)) second_one() { return 2; }
