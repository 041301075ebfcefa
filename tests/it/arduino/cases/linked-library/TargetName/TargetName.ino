#include <Pump.h>
void setup() { PORTB = PUMP; }
void loop() {}
