#include <l.h>
void setup() { PORTB = V; }
void loop() {}
