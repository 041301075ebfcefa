#include "table.inc"
void setup() { PORTB = table[0]; }
void loop() {}
