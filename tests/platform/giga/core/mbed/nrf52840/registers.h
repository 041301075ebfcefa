// The nRF52840's registers (product specification, 6.9 and 6.33), the way the variant's response file finds them.
#pragma once

#include <cortex_m.h>

#define P0(offset) REGISTER(0x50000000u + (offset))
#define UART0(offset) REGISTER(0x40002000u + (offset))
