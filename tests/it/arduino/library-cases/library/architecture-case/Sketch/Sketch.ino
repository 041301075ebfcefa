#include <Wanted.h>
void setup() { PORTB = V; }
void loop() {}
