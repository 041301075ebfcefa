#include <Valve.h>
void setup() { PORTB = valve(); }
void loop() {}
