// That this needs SPI, only this file says.

#include "TinyUsb.h"

#include <SPI.h>

unsigned long flash_identity() {
  spi_transfer(0x9F);
  unsigned long identity = 0;
  for (int byte = 0; byte < 3; byte++) {
    identity = identity << 8 | spi_transfer(0);
  }
  return identity;
}
