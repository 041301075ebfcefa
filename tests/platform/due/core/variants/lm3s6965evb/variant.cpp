// QEMU's Cortex-M3, `qemu-system-arm -M lm3s6965evb -nographic -kernel FILE.elf`: the LM3S6965's first UART
// and its port F.

#include "Arduino.h"

#define PORT_F(offset) REGISTER(0x40025000u + (offset))
#define UART0(offset) REGISTER(0x4000C000u + (offset))
#define RCGC1 REGISTER(0x400FE104u)
#define RCGC2 REGISTER(0x400FE108u)

extern "C" {

void variant_init() {
  RCGC1 |= 1;
  RCGC2 |= (1u << 0) | (1u << 5);
}

void pinMode(uint8_t pin, uint8_t mode) {
  const uint32_t others = PORT_F(0x400) & ~(1u << pin);
  PORT_F(0x400) = others | (mode == OUTPUT ? 1u << pin : 0);
  PORT_F(0x51C) |= 1u << pin;
}

// Of the address, bits 2 to 9 say which pins are meant.
void digitalWrite(uint8_t pin, uint8_t value) { PORT_F(4u << pin) = value != LOW ? 0xFF : 0; }
int digitalRead(uint8_t pin) { return PORT_F(4u << pin) != 0 ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  UART0(0x30) = 0;
  UART0(0x24) = F_CPU / 16 / baud;
  UART0(0x2C) = 0x70;
  UART0(0x30) = 0x301;
}

void uart_put(uint8_t byte) {
  while ((UART0(0x18) & 0x20) != 0) {
  }
  UART0(0x00) = byte;
}
}
