// Pins, the cycle counter and the first UART of the ESP8266 (technical reference).

#include "Arduino.h"

#define GPIO(offset) REGISTER(0x60000300u + (offset))
#define UART0(offset) REGISTER(0x60000000u + (offset))

extern "C" {

void board_init() {}

unsigned long IRAM_ATTR millis() {
  uint32_t cycles;
  __asm volatile("rsr %0, ccount" : "=a"(cycles));
  return cycles / (F_CPU / 1000);
}

void delay(unsigned long milliseconds) {
  const unsigned long start = millis();
  while (millis() - start < milliseconds) {
  }
}

void pinMode(uint8_t pin, uint8_t mode) { GPIO(mode == OUTPUT ? 0x10 : 0x14) = 1u << pin; }
void digitalWrite(uint8_t pin, uint8_t value) { GPIO(value != LOW ? 0x04 : 0x08) = 1u << pin; }
int digitalRead(uint8_t pin) { return (GPIO(0x18) >> pin) & 1 ? HIGH : LOW; }

void uart_begin(unsigned long baud) { UART0(0x14) = 80000000u / baud; }

void uart_put(uint8_t byte) {
  while (((UART0(0x1C) >> 16) & 0xFF) >= 126) {
  }
  UART0(0x00) = byte;
}
}
