// millis() from the timer that the chip has beside the processor.

#include "Arduino.h"

unsigned long millis(void) { return (unsigned long)(TIMER_LOW / TIMER_PER_MILLISECOND); }

void delay(unsigned long milliseconds) {
  const unsigned long start = millis();
  while (millis() - start < milliseconds) {
  }
}
