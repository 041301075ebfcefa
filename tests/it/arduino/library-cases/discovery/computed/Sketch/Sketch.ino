#define H <L.h>
#include H
void setup() { PORTB = V; }
void loop() {}
