// The RA4M1's registers (user's manual, chapters 19 and 28), the way this variant's response file finds them.
#pragma once

#include <cortex_m.h>

#define PORT1_PCNTR(number) REGISTER(0x40040020u + 4u * ((number) - 1))
#define SCI2(offset) (*(volatile uint8_t *)(0x40070040u + (offset)))
#define MSTPCRB REGISTER(0x40047000u)
