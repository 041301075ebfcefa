// The Apollo3's registers (datasheet, chapters 10 and 12).
#pragma once

#include <cortex_m.h>

#define GPIO(offset) REGISTER(0x40010000u + (offset))
#define UART0(offset) REGISTER(0x4001C000u + (offset))
