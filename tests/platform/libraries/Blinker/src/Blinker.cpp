#include "Blinker.h"

static const uint16_t FLASH = 150;
static const uint8_t PAUSE = 4;

void Blinker::show(uint8_t code) {
  code_ = code;
  step_ = 0;
}

void Blinker::tick() {
  unsigned long now = millis();
  if (now - since_ < FLASH) {
    return;
  }
  since_ = now;
  digitalWrite(pin_, step_ < 2 * code_ && step_ % 2 == 0 ? HIGH : LOW);
  step_ = step_ + 1 < 2 * code_ + PAUSE ? step_ + 1 : 0;
}
