// millis() from SysTick.

#include "Arduino.h"

static volatile unsigned long now;

void SysTick_Handler(void) { now++; }

void systick_start(uint32_t cycles_per_millisecond) {
  *(volatile uint32_t *)0xE000E014u = cycles_per_millisecond - 1;
  *(volatile uint32_t *)0xE000E018u = 0;
  *(volatile uint32_t *)0xE000E010u = 7;
}

unsigned long millis(void) { return now; }

void delay(unsigned long milliseconds) {
  const unsigned long start = now;
  while (now - start < milliseconds) {
  }
}
