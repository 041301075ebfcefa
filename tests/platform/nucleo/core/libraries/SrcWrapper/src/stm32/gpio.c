// Pins of port A.

#include "Arduino.h"

#define GPIOA(offset) REGISTER(GPIOA_BASE + (offset))

void pinMode(uint8_t pin, uint8_t mode) {
  const unsigned shift = 2u * pin;
  GPIOA(0x00) = (GPIOA(0x00) & ~(3u << shift)) | ((mode == OUTPUT ? 1u : 0u) << shift);
  GPIOA(0x0C) = (GPIOA(0x0C) & ~(3u << shift)) | ((mode == INPUT_PULLUP ? 1u : 0u) << shift);
}

void digitalWrite(uint8_t pin, uint8_t value) { GPIOA(0x18) = 1u << (value != LOW ? pin : pin + 16u); }
int digitalRead(uint8_t pin) { return (GPIOA(0x10) >> pin) & 1u ? HIGH : LOW; }
