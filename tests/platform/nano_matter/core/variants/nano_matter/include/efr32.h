// Registers of the EFR32MG24 by their addresses for secure code (reference manual, chapters 20 and 25).
#pragma once

#define GPIO(offset) REGISTER(0x4003C000u + (offset))
#define EUSART0(offset) REGISTER(0x4B010000u + (offset))
#define CMU_CLKEN0 REGISTER(0x40008064u)
