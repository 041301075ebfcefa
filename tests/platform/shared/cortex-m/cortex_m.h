// What a core for a Cortex-M gets from the processor's part.
#pragma once

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#ifdef __cplusplus
extern "C"
#endif
void systick_start(uint32_t cycles_per_millisecond);
