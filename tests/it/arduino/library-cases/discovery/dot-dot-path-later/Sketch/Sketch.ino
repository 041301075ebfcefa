#include <L.h>
#include <../src/L.h>
void setup() { PORTB = V; }
void loop() {}
