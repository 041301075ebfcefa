#pragma once

#include <Arduino.h>

/// Blinks a number as that many short flashes and a pause.
class Blinker {
 public:
  explicit Blinker(uint8_t pin) : pin_(pin), code_(0), step_(0), since_(0) {}

  void begin() const { pinMode(pin_, OUTPUT); }

  /// Shows `code` from now on.
  void show(uint8_t code);

  /// To be called often.
  void tick();

 private:
  uint8_t pin_;
  uint8_t code_;
  uint8_t step_;
  unsigned long since_;
};

/// The seven segments of a hexadecimal digit.
uint8_t blinkerSegments(uint8_t digit);
