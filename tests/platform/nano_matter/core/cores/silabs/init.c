#include "Arduino.h"

void board_init(void) {
  chip_init();
  systick_start(F_CPU / 1000);
}
