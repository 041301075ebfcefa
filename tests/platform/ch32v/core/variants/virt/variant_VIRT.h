// QEMU's RV32, `qemu-system-riscv32 -M virt -nographic -bios none -kernel FILE.elf`: an NS16550A, and the clock of the
// core-local interruptor, which counts 10 MHz. It has no pins.
#pragma once

#define LED_BUILTIN 0
#define TIMER_LOW REGISTER(0x0200BFF8u)
#define TIMER_PER_MILLISECOND 10000u
