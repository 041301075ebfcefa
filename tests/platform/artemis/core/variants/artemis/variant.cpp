#include "Arduino.h"

#include <am_apollo3.h>

extern "C" {

void board_init() { systick_start(F_CPU / 1000); }

void pinMode(uint8_t pin, uint8_t mode) {
  GPIO(0x60) = 0x73; // unlocks the pads
  const unsigned shift = 4u * (pin % 8u);
  volatile uint32_t &configuration = GPIO(0x40 + 4u * (pin / 8u));
  configuration = (configuration & ~(0xFu << shift)) | ((mode == OUTPUT ? 2u : 0u) << shift);
  GPIO(0x60) = 0;
}

void digitalWrite(uint8_t pin, uint8_t value) { GPIO(value != LOW ? 0x90 : 0x98) = 1u << pin; }
int digitalRead(uint8_t pin) { return (GPIO(0x80) >> pin) & 1 ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  UART0(0x24) = 24000000u / 16 / baud;
  UART0(0x2C) = 0x70;
  UART0(0x30) = 0x301;
}

void uart_put(uint8_t byte) {
  while ((UART0(0x18) & 0x20) != 0) {
  }
  UART0(0x00) = byte;
}
}
