#include "Arduino.h"

void board_init(void) {
  RCC_AHB1ENR |= 1;
  RCC_APB2ENR |= 1u << 4;
  systick_start(SYSTEM_CLOCK / 1000);
}
