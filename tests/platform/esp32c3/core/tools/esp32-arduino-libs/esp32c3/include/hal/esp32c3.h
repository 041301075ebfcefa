// The ESP32-C3's registers (technical reference manual, chapters 5, 11 and 26).
#pragma once

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define GPIO(offset) REGISTER(0x60004000u + (offset))
#define UART0(offset) REGISTER(0x60000000u + (offset))
#define SYSTIMER(offset) REGISTER(0x60023000u + (offset))
