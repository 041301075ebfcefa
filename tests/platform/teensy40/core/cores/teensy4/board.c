// Pins and the first serial port: of the i.MX RT1062, or of ARM's MPS2 board, which QEMU has.

#include "Arduino.h"

#ifdef __IMXRT1062__

#define GPIO2(offset) REGISTER(0x401BC000u + (offset))
#define LPUART6(offset) REGISTER(0x40198000u + (offset))
#define CCM_CCGR3 REGISTER(0x400FC074u)

void board_init(void) {
  CCM_CCGR3 |= 3u << 6;
  systick_start(F_CPU / 1000);
}

// Pin 13 is bit 3 of that port.
static uint32_t bit_of(uint8_t pin) { return 1u << (pin == 13 ? 3 : pin); }

void pinMode(uint8_t pin, uint8_t mode) {
  if (mode == OUTPUT) {
    GPIO2(4) |= bit_of(pin);
  } else {
    GPIO2(4) &= ~bit_of(pin);
  }
}
void digitalWrite(uint8_t pin, uint8_t value) { GPIO2(value != LOW ? 0x84 : 0x88) = bit_of(pin); }
int digitalRead(uint8_t pin) { return GPIO2(8) & bit_of(pin) ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  LPUART6(0x10) = (15u << 24) | (24000000u / 16 / baud);
  LPUART6(0x18) = 1u << 19;
}

void uart_put(uint8_t byte) {
  while ((LPUART6(0x14) & (1u << 23)) == 0) {
  }
  LPUART6(0x1C) = byte;
}

#else

#define UART0(offset) REGISTER(0x40004000u + (offset))
#define GPIO0(offset) REGISTER(0x40010000u + (offset))

void board_init(void) { systick_start(25000); }

void pinMode(uint8_t pin, uint8_t mode) { GPIO0(mode == OUTPUT ? 0x10 : 0x14) = 1u << pin; }
void digitalWrite(uint8_t pin, uint8_t value) {
  const uint32_t others = GPIO0(4) & ~(1u << pin);
  GPIO0(4) = others | (value != LOW ? 1u << pin : 0);
}
int digitalRead(uint8_t pin) { return (GPIO0(0) >> pin) & 1 ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  UART0(0x10) = 25000000u / baud;
  UART0(0x08) = 1;
}

void uart_put(uint8_t byte) {
  while ((UART0(0x04) & 1) != 0) {
  }
  UART0(0x00) = byte;
}

#endif
