#include <EEPROM.h>
void setup() { PORTB = V; }
void loop() {}
