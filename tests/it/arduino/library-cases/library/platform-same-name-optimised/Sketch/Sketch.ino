#include <EEPROM.h>
#ifndef V
#define V 1
#endif
void setup() { PORTB = V; }
void loop() {}
