#include <SPI.h>
#include <EEPROM.h>
void setup() { SPI.begin(); Serial.begin(9600); Serial.parseInt(); }
void loop() { EEPROM.update(1, SPI.transfer(2)); attachInterrupt(0, setup, RISING); }
