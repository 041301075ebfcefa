#include "port.h"

#include <Ledger.h>

FrameState Port::poll() {
  while (serial_.available() > 0) {
    FrameState state = take(static_cast<uint8_t>(serial_.read()));
    if (state != FRAME_NONE) {
      return state;
    }
  }
  return FRAME_NONE;
}

FrameState Port::take(uint8_t byte) {
  if (received_ == 0) {
    if (byte > sizeof frame_.bytes) {
      return FRAME_BROKEN;
    }
    frame_.length = byte;
  } else if (received_ <= frame_.length) {
    frame_.bytes[received_ - 1] = byte;
  } else {
    received_ = 0;
    Ledger ledger;
    ledger.enter(frame_.bytes, frame_.length);
    return ledger.sum() == byte ? FRAME_WHOLE : FRAME_BROKEN;
  }
  received_++;
  return FRAME_NONE;
}

void Port::send(const Frame &frame) {
  Ledger ledger;
  ledger.enter(frame.bytes, frame.length);
  serial_.write(frame.length);
  serial_.write(frame.bytes, frame.length);
  serial_.write(ledger.sum());
}
