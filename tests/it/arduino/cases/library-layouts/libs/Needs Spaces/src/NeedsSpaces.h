#include <Wire.h>
int spaced();
