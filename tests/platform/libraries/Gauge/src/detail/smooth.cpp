#include "smooth.h"

namespace gauge_detail {

uint16_t smooth(uint16_t reading, uint16_t sample, uint8_t shift) {
  // Rounds towards the sample, so that the reading arrives there.
  int32_t difference = static_cast<int32_t>(sample) - reading;
  int32_t step = difference / (1 << shift);
  if (step == 0 && difference != 0) {
    step = difference > 0 ? 1 : -1;
  }
  return static_cast<uint16_t>(reading + step);
}

}  // namespace gauge_detail
