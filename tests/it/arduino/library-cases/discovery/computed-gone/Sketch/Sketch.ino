#define H <gone.h>
#include H
#define V 9
void setup() { PORTB = V; }
void loop() {}
