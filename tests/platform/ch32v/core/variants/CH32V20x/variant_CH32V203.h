// The CH32V203's registers (reference manual, chapters 10 and 18).
#pragma once

#define LED_BUILTIN 0 // PA0
#define TIMER_CONTROL REGISTER(0xE000F000u)
#define TIMER_LOW REGISTER(0xE000F008u)
#define TIMER_PER_MILLISECOND (F_CPU / 8 / 1000)
#define PORT(offset) REGISTER(0x40010800u + (offset))
#define PORT_CLOCK (1u << 2)
