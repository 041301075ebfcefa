// The caches are on from the start.

#include "Arduino.h"

void chip_early_init(void) {
  REGISTER(0xE000EF50u) = 0; // invalidate the instruction cache
  REGISTER(0xE000ED14u) |= 1u << 17;
  __asm volatile("dsb\n isb");
}
