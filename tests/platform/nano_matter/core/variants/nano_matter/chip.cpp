#include "Arduino.h"

#include <efr32.h>

extern "C" {

void chip_init() { CMU_CLKEN0 |= 1u << 26; }

void pinMode(uint8_t pin, uint8_t mode) {
  const unsigned shift = 4u * pin;
  GPIO(0x04) = (GPIO(0x04) & ~(0xFu << shift)) | ((mode == OUTPUT ? 4u : 1u) << shift);
}

void digitalWrite(uint8_t pin, uint8_t value) {
  const uint32_t others = GPIO(0x10) & ~(1u << pin);
  GPIO(0x10) = others | (value != LOW ? 1u << pin : 0);
}

int digitalRead(uint8_t pin) { return (GPIO(0x14) >> pin) & 1 ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  EUSART0(0x1C) = ((F_CPU / 16 / baud) - 1) << 8;
  EUSART0(0x04) = 1;
  EUSART0(0x28) = 5;
}

void uart_put(uint8_t byte) {
  while ((EUSART0(0x30) & (1u << 6)) == 0) {
  }
  EUSART0(0x38) = byte;
}
}
