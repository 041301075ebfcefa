#include "h.h"
volatile int v, w;
void setup() { v = H; w = 41; }
void loop() {}
