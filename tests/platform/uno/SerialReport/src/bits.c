#include "bits.h"

uint8_t count_bits(uint16_t value) {
  uint8_t count = 0;
  for (; value; value &= (uint16_t)(value - 1)) {
    count++;
  }
  return count;
}
