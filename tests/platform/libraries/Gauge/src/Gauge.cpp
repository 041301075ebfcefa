#include "Gauge.h"

// Nobody but this file names Ledger: who looks for libraries must look into libraries.
#include <Ledger.h>

#include "detail/scale.h"
#include "detail/smooth.h"

Gauge::Gauge(uint8_t shift) : shift_(shift), fingerprint_(0), reading_(0) {}

uint16_t Gauge::add(uint16_t sample) {
  Ledger ledger(fingerprint_);
  ledger.enter(sample);
  fingerprint_ = ledger.sum();
  reading_ = gauge_detail::smooth(reading_, sample, shift_);
  return reading_;
}

uint8_t Gauge::percent(uint16_t full) const { return gauge_scale(reading_, full); }

uint8_t Gauge::fingerprint() const { return fingerprint_; }
