#include "NeedsSpaces.h"
int __attribute__((noinline)) spaced() { return Wire.available(); }
