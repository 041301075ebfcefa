#include "Wire.h"
void setup() { Wire.begin(); PORTB = WRAPPED; }
void loop() {}
