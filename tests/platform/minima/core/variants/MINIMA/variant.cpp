#include "Arduino.h"

#include <r_ra4m1.h>

extern "C" {

void board_init() {
  MSTPCRB &= ~(1u << 29);
  systick_start(F_CPU / 1000);
}

void pinMode(uint8_t pin, uint8_t mode) {
  const uint32_t others = PORT1_PCNTR(1) & ~(1u << pin);
  PORT1_PCNTR(1) = others | (mode == OUTPUT ? 1u << pin : 0);
}

void digitalWrite(uint8_t pin, uint8_t value) { PORT1_PCNTR(3) = 1u << (value != LOW ? pin : pin + 16); }
int digitalRead(uint8_t pin) { return (PORT1_PCNTR(2) >> pin) & 1 ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  SCI2(2) = 0;
  SCI2(1) = static_cast<uint8_t>(F_CPU / 32 / baud - 1);
  SCI2(2) = 0x20;
}

void uart_put(uint8_t byte) {
  while ((SCI2(4) & 0x80) == 0) {
  }
  SCI2(3) = byte;
}
}
