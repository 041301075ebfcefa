// The RP2040's registers (datasheet, chapters 2 and 4). Found through the response file.
#pragma once

#define RESETS_CLEAR REGISTER(0x4000F000u)
#define IO_BANK0_CTRL(pin) REGISTER(0x40014004u + 8u * (pin))
#define PADS_BANK0(pin) REGISTER(0x4001C004u + 4u * (pin))
#define SIO(offset) REGISTER(0xD0000000u + (offset))
#define UART0(offset) REGISTER(0x40034000u + (offset))
