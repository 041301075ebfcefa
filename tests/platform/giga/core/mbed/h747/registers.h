// The STM32H747's registers (reference manual RM0399), the way the variants' response files find them.
#pragma once

#include <cortex_m.h>

#define RCC(offset) REGISTER(0x58024400u + (offset))
#define GPIOI(offset) REGISTER(0x58022000u + (offset))
#define USART1(offset) REGISTER(0x40011000u + (offset))
