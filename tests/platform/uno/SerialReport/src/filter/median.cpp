#include "median.h"

#include <Arduino.h>

int filter::median(int a, int b, int c) { return max(min(a, b), min(max(a, b), c)); }
