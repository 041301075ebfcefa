// Pins and the first USART of the LPC84x (user manual UM11029).

#include "Arduino.h"
#include "cortex-m/cortex_m.h"

#define SYSAHBCLKCTRL0 REGISTER(0x40048080u)
#define PINASSIGN0 REGISTER(0x4000C000u)
#define GPIO_DIR0 REGISTER(0xA0002000u)
#define GPIO_BYTE(pin) (*(volatile uint8_t *)(0xA0000000u + (pin)))
#define USART0_CFG REGISTER(0x40064000u)
#define USART0_STAT REGISTER(0x40064008u)
#define USART0_TXDAT REGISTER(0x4006401Cu)
#define USART0_BRG REGISTER(0x40064020u)

// The code read protection word: this value protects nothing.
__attribute__((section(".crp"), used)) const uint32_t code_read_protection = 0xFFFFFFFFu;

void board_init(void) {
  SYSAHBCLKCTRL0 |= (1u << 6) | (1u << 7) | (1u << 14) | (1u << 20);
  systick_start(F_CPU / 1000);
}

void pinMode(uint8_t pin, uint8_t mode) {
  if (mode == OUTPUT) {
    GPIO_DIR0 |= 1u << pin;
  } else {
    GPIO_DIR0 &= ~(1u << pin);
  }
}

void digitalWrite(uint8_t pin, uint8_t value) { GPIO_BYTE(pin) = value != LOW; }
int digitalRead(uint8_t pin) { return GPIO_BYTE(pin) != 0 ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  PINASSIGN0 = (PINASSIGN0 & ~0xFFFFu) | PIN_SERIAL_TX | (PIN_SERIAL_RX << 8);
  USART0_BRG = F_CPU / 16 / baud - 1;
  USART0_CFG = 5;
}

void uart_put(uint8_t byte) {
  while ((USART0_STAT & 4) == 0) {
  }
  USART0_TXDAT = byte;
}
