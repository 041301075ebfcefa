// Pins of port I, and USART1.

#include "Arduino.h"

#include <registers.h>

extern "C" {

void board_init() {
  RCC(0xE0) |= 1u << 8;
  RCC(0xF0) |= 1u << 4;
  systick_start(F_CPU / 1000);
}

void pinMode(uint8_t pin, uint8_t mode) {
  GPIOI(0x00) = (GPIOI(0x00) & ~(3u << 2 * pin)) | ((mode == OUTPUT ? 1u : 0u) << 2 * pin);
}

void digitalWrite(uint8_t pin, uint8_t value) { GPIOI(0x18) = 1u << (value != LOW ? pin : pin + 16); }
int digitalRead(uint8_t pin) { return (GPIOI(0x10) >> pin) & 1 ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  USART1(0x0C) = F_CPU / baud;
  USART1(0x00) = 0x9;
}

void uart_put(uint8_t byte) {
  while ((USART1(0x1C) & 0x80) == 0) {
  }
  USART1(0x28) = byte;
}
}
