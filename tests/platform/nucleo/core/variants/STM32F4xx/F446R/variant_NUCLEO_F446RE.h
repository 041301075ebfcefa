// The STM32F4's registers (RM0390). Close enough to the STM32F405 to run in QEMU:
// `qemu-system-arm -M netduinoplus2 -nographic -serial mon:stdio -kernel FILE.elf`.
#pragma once

#define LED_BUILTIN 5
#define SYSTEM_CLOCK 16000000u // the internal oscillator, as it is after reset
#define GPIOA_BASE 0x40020000u
#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_APB2ENR REGISTER(0x40023844u)
#define USART1_STATUS REGISTER(0x40011000u)
#define USART1_DATA REGISTER(0x40011004u)
#define USART1_BRR REGISTER(0x40011008u)
#define USART1_CR1 REGISTER(0x4001100Cu)
#define USART_CR1_ENABLE ((1u << 13) | (1u << 3) | (1u << 2))
