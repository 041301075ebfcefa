// Runs before setup().

#include "Arduino.h"

void board_init(void) {
  variant_init();
  systick_start(F_CPU / 1000);
}
