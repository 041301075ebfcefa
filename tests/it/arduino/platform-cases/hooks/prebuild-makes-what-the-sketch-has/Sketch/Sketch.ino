#include "made.h"
volatile int v;
void setup() { v = MADE; }
void loop() {}
