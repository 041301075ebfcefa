#include <Twice.h>
void setup() { PORTB = TWICE; }
void loop() {}
