#include_next <EEPROM.h>
void setup() { PORTB = EEPROM.read(1); }
void loop() { EEPROM.write(0, 1); }
