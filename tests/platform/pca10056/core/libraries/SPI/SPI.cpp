#include "SPI.h"

#include <Arduino.h>

#define SPI0(offset) REGISTER(0x40003000u + (offset))

uint8_t spi_transfer(uint8_t byte) {
  SPI0(0x108) = 0;
  SPI0(0x51C) = byte;
  while (SPI0(0x108) == 0) {
  }
  return SPI0(0x518);
}
