// The CH32V003's registers (reference manual, chapters 7 and 12).
#pragma once

#define LED_BUILTIN 4 // PD4
#define TIMER_CONTROL REGISTER(0xE000F000u)
#define TIMER_LOW REGISTER(0xE000F008u)
#define TIMER_PER_MILLISECOND (F_CPU / 8 / 1000)
#define PORT(offset) REGISTER(0x40011400u + (offset))
#define PORT_CLOCK (1u << 5)
