#include "Arduino.h"

#include <cortex_m.h>
#include <pico/chip.h>

extern "C" {

void board_init() {
  RESETS_CLEAR = (1u << 5) | (1u << 8) | (1u << 22);
  systick_start(F_CPU / 1000);
}

// The linker gives every caller this one (`--wrap`).
unsigned long __real_millis();
unsigned long __wrap_millis() { return __real_millis(); }

void pinMode(uint8_t pin, uint8_t mode) {
  IO_BANK0_CTRL(pin) = 5;
  PADS_BANK0(pin) = mode == INPUT_PULLUP ? 0x4A : 0x42;
  SIO(mode == OUTPUT ? 0x24 : 0x28) = 1u << pin;
}

void digitalWrite(uint8_t pin, uint8_t value) { SIO(value != LOW ? 0x14 : 0x18) = 1u << pin; }
int digitalRead(uint8_t pin) { return (SIO(0x04) >> pin) & 1 ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  IO_BANK0_CTRL(PIN_SERIAL_TX) = 2;
  IO_BANK0_CTRL(PIN_SERIAL_RX) = 2;
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
