#include <Outer.h>
void setup() { PORTB = OUTER; }
void loop() {}
