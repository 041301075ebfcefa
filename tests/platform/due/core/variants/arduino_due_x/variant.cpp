// The SAM3X8E: pins of port B and the UART (datasheet, chapters 31 and 34).

#include "Arduino.h"

#define PIOB(offset) REGISTER(0x400E1000u + (offset))
#define UART(offset) REGISTER(0x400E0800u + (offset))
#define PMC_PCER0 REGISTER(0x400E0610u)
#define PIOA_PDR REGISTER(0x400E0E04u)
#define WDT_MR REGISTER(0x400E1A54u)

extern "C" {

void variant_init() {
  WDT_MR = 1u << 15;
  PMC_PCER0 = (1u << 8) | (1u << 11) | (1u << 12);
}

void pinMode(uint8_t pin, uint8_t mode) {
  PIOB(0x00) = 1u << pin;
  PIOB(mode == OUTPUT ? 0x10 : 0x14) = 1u << pin;
  PIOB(mode == INPUT_PULLUP ? 0x64 : 0x60) = 1u << pin;
}

void digitalWrite(uint8_t pin, uint8_t value) { PIOB(value != LOW ? 0x30 : 0x34) = 1u << pin; }
int digitalRead(uint8_t pin) { return (PIOB(0x3C) >> pin) & 1 ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  PIOA_PDR = 3u << 8;
  UART(0x04) = 0x800;
  UART(0x20) = F_CPU / 16 / baud;
  UART(0x00) = 0x50;
}

void uart_put(uint8_t byte) {
  while ((UART(0x14) & 2) == 0) {
  }
  UART(0x1C) = byte;
}
}
