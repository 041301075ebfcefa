#include "wrapped.h"
void setup() { PORTB = SPI.transfer(1); }
void loop() {}
