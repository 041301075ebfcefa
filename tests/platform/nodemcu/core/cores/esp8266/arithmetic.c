// Division, which the processor has not. In the chip these are in the boot ROM.

#include <stdint.h>

static uint32_t divide(uint32_t dividend, uint32_t divisor, uint32_t *remainder) {
  uint32_t quotient = 0, rest = 0;
  for (int bit = 31; bit >= 0; bit--) {
    rest = rest << 1 | (dividend >> bit & 1u);
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= 1u << bit;
    }
  }
  *remainder = rest;
  return quotient;
}

uint32_t __udivsi3(uint32_t dividend, uint32_t divisor) {
  uint32_t rest;
  return divide(dividend, divisor, &rest);
}

uint32_t __umodsi3(uint32_t dividend, uint32_t divisor) {
  uint32_t rest;
  divide(dividend, divisor, &rest);
  return rest;
}
