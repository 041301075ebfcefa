#include "Ledger.h"

extern "C" {
#include "utility/checksum.h"
}

Ledger::Ledger(uint8_t start) : sum_(start) {}

void Ledger::enter(uint16_t number) {
  const uint8_t bytes[] = {lowByte(number), highByte(number)};
  enter(bytes, sizeof bytes);
}

void Ledger::enter(const uint8_t *bytes, size_t count) { sum_ = checksum(sum_, bytes, count); }
