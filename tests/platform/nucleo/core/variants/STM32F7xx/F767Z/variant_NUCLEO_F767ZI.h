#pragma once

#define LED_BUILTIN 7
#define SYSTEM_CLOCK 16000000u // the internal oscillator, as it is after reset
#define GPIOA_BASE 0x40020000u
#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_APB2ENR REGISTER(0x40023844u)
#define USART1_STATUS REGISTER(0x4001101Cu)
#define USART1_DATA REGISTER(0x40011028u)
#define USART1_BRR REGISTER(0x4001100Cu)
#define USART1_CR1 REGISTER(0x40011000u)
#define USART_CR1_ENABLE ((1u << 0) | (1u << 3) | (1u << 2))
