// Pins of port 0, and the serial port without DMA.

#include "Arduino.h"

#include <registers.h>

extern "C" {

void board_init() { systick_start(F_CPU / 1000); }

void pinMode(uint8_t pin, uint8_t mode) {
  P0(0x700 + 4u * pin) = mode == OUTPUT ? 3 : mode == INPUT_PULLUP ? 12 : 0;
}

void digitalWrite(uint8_t pin, uint8_t value) { P0(value != LOW ? 0x508 : 0x50C) = 1u << pin; }
int digitalRead(uint8_t pin) { return (P0(0x510) >> pin) & 1 ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  UART0(0x50C) = 35; // P1.03
  UART0(0x524) = static_cast<uint32_t>((static_cast<uint64_t>(baud) << 32) / 16000000u + 0x800) & 0xFFFFF000u;
  UART0(0x500) = 4;
  UART0(0x008) = 1;
}

void uart_put(uint8_t byte) {
  UART0(0x11C) = 0;
  UART0(0x51C) = byte;
  while (UART0(0x11C) == 0) {
  }
}
}
