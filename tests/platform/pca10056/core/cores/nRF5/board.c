// Pins and the serial port with DMA of the nRF52840 (product specification, 6.9 and 6.34).

#include "Arduino.h"

#define P0(offset) REGISTER(0x50000000u + (offset))
#define UARTE0(offset) REGISTER(0x40002000u + (offset))

void board_init(void) { systick_start(F_CPU / 1000); }

void pinMode(uint8_t pin, uint8_t mode) { P0(0x700 + 4u * pin) = mode == OUTPUT ? 3 : mode == INPUT_PULLUP ? 12 : 0; }
void digitalWrite(uint8_t pin, uint8_t value) { P0(value != LOW ? 0x508 : 0x50C) = 1u << pin; }
int digitalRead(uint8_t pin) { return (P0(0x510) >> pin) & 1 ? HIGH : LOW; }

void uart_begin(unsigned long baud) {
  UARTE0(0x50C) = PIN_SERIAL_TX;
  UARTE0(0x514) = PIN_SERIAL_RX;
  UARTE0(0x524) = (uint32_t)(((uint64_t)baud << 32) / 16000000u + 0x800) & 0xFFFFF000u;
  UARTE0(0x500) = 8;
}

void uart_put(uint8_t byte) {
  // It reads from RAM only.
  static volatile uint8_t buffer;
  buffer = byte;
  UARTE0(0x120) = 0;
  UARTE0(0x544) = (uint32_t)&buffer;
  UARTE0(0x548) = 1;
  UARTE0(0x008) = 1;
  while (UARTE0(0x120) == 0) {
  }
}
