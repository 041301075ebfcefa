#include <EEPROM.h>
void setup() { PORTB = EEPROM.read(0); }
void loop() {}
