#include "L.h"//"library"
void setup() { PORTB = V; }
void loop() {}
