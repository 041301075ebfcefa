#include_next <EEPROM.h>
