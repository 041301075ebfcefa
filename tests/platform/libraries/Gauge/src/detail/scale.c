#include "scale.h"

uint8_t gauge_scale(uint16_t value, uint16_t full) {
  if (value >= full) {
    return 100;
  }
  return (uint8_t)(((uint32_t)value * 100 + full / 2) / full);
}
