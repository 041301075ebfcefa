#include "Blinker.h"

// A member of the archive that not every sketch needs, with data that would show in its size.
static const uint8_t SEGMENTS[] PROGMEM = {0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07,
                                           0x7F, 0x6F, 0x77, 0x7C, 0x39, 0x5E, 0x79, 0x71};

uint8_t blinkerSegments(uint8_t digit) { return pgm_read_byte(&SEGMENTS[digit & 0x0F]); }
