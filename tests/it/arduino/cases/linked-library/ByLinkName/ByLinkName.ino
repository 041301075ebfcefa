#include <Gear.h>
void setup() { PORTB = GEAR; }
void loop() {}
