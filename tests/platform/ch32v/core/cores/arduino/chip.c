// Pins and USART1, which are the same on all of WCH's chips but for where they are.

#include "Arduino.h"

#ifndef VIRT

#define RCC_APB2PCENR REGISTER(0x40021018u)
#define USART1(offset) REGISTER(0x40013800u + (offset))

void board_init(void) {
  RCC_APB2PCENR |= PORT_CLOCK | (1u << 14);
  TIMER_CONTROL = 1;
}

void pinMode(uint8_t pin, uint8_t mode) {
  const unsigned shift = 4u * (pin % 8);
  PORT(4u * (pin / 8)) = (PORT(4u * (pin / 8)) & ~(15u << shift)) | ((mode == OUTPUT ? 3u : 8u) << shift);
}

void digitalWrite(uint8_t pin, uint8_t value) { PORT(0x10) = 1u << (value != LOW ? pin : pin + 16u); }
int digitalRead(uint8_t pin) { return (PORT(0x08) >> pin) & 1u ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  USART1(0x08) = F_CPU / baud;
  USART1(0x0C) = (1u << 13) | (1u << 3) | (1u << 2);
}

void uart_put(uint8_t byte) {
  while ((USART1(0x00) & (1u << 7)) == 0) {
  }
  USART1(0x04) = byte;
}

#endif
