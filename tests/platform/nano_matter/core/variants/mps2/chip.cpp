// QEMU's Cortex-M33, `qemu-system-arm -M mps2-an505 -nographic -kernel FILE.elf`: the program stays in the secure
// world, where ARM's board has its first UART.

#include "Arduino.h"

#define UART0(offset) REGISTER(0x50200000u + (offset))
#define GPIO0(offset) REGISTER(0x50100000u + (offset))

extern "C" {

void chip_init() {}

void pinMode(uint8_t pin, uint8_t mode) { GPIO0(mode == OUTPUT ? 0x10 : 0x14) = 1u << pin; }

void digitalWrite(uint8_t pin, uint8_t value) {
  const uint32_t others = GPIO0(4) & ~(1u << pin);
  GPIO0(4) = others | (value != LOW ? 1u << pin : 0);
}

int digitalRead(uint8_t pin) { return (GPIO0(0) >> pin) & 1 ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  UART0(0x10) = F_CPU / baud;
  UART0(0x08) = 1;
}

void uart_put(uint8_t byte) {
  while ((UART0(0x04) & 1) != 0) {
  }
  UART0(0x00) = byte;
}
}
