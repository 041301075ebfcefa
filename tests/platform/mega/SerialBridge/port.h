#pragma once

#include <Arduino.h>

enum FrameState { FRAME_NONE, FRAME_WHOLE, FRAME_BROKEN };

struct Frame {
  uint8_t length;
  uint8_t bytes[64];
};

/// One end of the bridge.
class Port {
 public:
  explicit Port(HardwareSerial &serial) : serial_(serial), received_(0), frame_() {}

  /// Takes in what has arrived.
  FrameState poll();

  /// Sends a frame with its checksum.
  void send(const Frame &frame);

  const Frame &frame() const { return frame_; }

 private:
  FrameState take(uint8_t byte);

  HardwareSerial &serial_;
  uint8_t received_;
  Frame frame_;
};
