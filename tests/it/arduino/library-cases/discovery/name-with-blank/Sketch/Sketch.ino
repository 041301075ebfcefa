#include <My L.h>
void setup() { PORTB = V; }
void loop() {}
