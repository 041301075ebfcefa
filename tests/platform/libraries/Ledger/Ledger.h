#pragma once

#include <Arduino.h>

/// A running checksum.
class Ledger {
 public:
  explicit Ledger(uint8_t start = 0);

  /// Adds a number, low byte first.
  void enter(uint16_t number);

  /// Adds some bytes.
  void enter(const uint8_t *bytes, size_t count);

  uint8_t sum() const { return sum_; }

 private:
  uint8_t sum_;
};
