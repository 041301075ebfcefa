#include "checksum.h"

uint8_t checksum(uint8_t sum, const uint8_t *bytes, size_t count) {
  while (count--) {
    sum ^= *bytes++;
    for (uint8_t bit = 0; bit < 8; bit++) {
      sum = (uint8_t)((sum & 0x80) ? (sum << 1) ^ 0x07 : sum << 1);
    }
  }
  return sum;
}
