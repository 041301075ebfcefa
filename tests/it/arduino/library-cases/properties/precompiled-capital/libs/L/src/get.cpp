#include <EEPROM.h>
int get() { return EEPROM.read(0); }
