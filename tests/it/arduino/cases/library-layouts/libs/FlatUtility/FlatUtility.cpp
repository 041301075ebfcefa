#include "FlatUtility.h"
#include "utility/low.h"
int __attribute__((noinline)) flat_top() { return LOW_VALUE; }
