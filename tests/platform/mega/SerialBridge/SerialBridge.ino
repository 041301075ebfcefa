// Carries frames between two serial ports, and says on the first how many were broken. A frame is its
// length, that many bytes, and their checksum.

#include <Ledger.h>

#include "port.h"

Port left(Serial1);
Port right(Serial2);
uint16_t broken;

void setup() {
  Serial.begin(115200);
  Serial1.begin(57600);
  Serial2.begin(57600);
}

void loop() {
  pass(left, right);
  pass(right, left);
}

void pass(Port &from, Port &to) {
  switch (from.poll()) {
    case FRAME_WHOLE:
      to.send(from.frame());
      break;
    case FRAME_BROKEN:
      Serial.print(F("broken frames: "));
      Serial.println(++broken);
      break;
    case FRAME_NONE:
      break;
  }
}
