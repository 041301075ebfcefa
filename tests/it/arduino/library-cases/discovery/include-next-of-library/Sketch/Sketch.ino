#include <N.h>
void setup() { PORTB = V; }
void loop() {}
