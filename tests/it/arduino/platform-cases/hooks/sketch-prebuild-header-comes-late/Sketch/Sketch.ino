#include "made.h"
volatile int v;
void setup() { v = late(); }
void loop() {}
int late() { return MADE; }
