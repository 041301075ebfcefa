#pragma once

#include <stdint.h>

namespace gauge_detail {

uint16_t smooth(uint16_t reading, uint16_t sample, uint8_t shift);

}  // namespace gauge_detail
