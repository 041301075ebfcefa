#include <../src/L.h>
void setup() { PORTB = V; }
void loop() {}
