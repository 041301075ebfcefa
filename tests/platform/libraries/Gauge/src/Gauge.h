#pragma once

#include <stdint.h>

/// A reading that follows its samples slowly.
class Gauge {
 public:
  /// Each sample moves the reading by `1 / (1 << shift)` of the difference.
  explicit Gauge(uint8_t shift);

  /// Takes a sample in; returns the new reading.
  uint16_t add(uint16_t sample);

  /// The reading in percent of `full`.
  uint8_t percent(uint16_t full) const;

  /// A sum over all samples so far.
  uint8_t fingerprint() const;

 private:
  uint8_t shift_;
  uint8_t fingerprint_;
  uint16_t reading_;
};
