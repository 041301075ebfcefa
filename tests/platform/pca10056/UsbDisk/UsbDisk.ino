// A library that needs a library, one that is an archive for this floating point unit, and newlib's printf with
// floating point in hardware.

#include <Radio.h>
#include <TinyUsb.h>
#include <stdio.h>

void setup() {
  Serial.begin(115200);
  Serial.println(flash_identity(), HEX);
  Serial.println(reinterpret_cast<uintptr_t>(&radio_version) == 0x7002 ? "radio: this board's" : "radio: another's");
  char text[32];
  snprintf(text, sizeof text, "%.2f V", 3.3f * static_cast<float>(millis()) / 1000.0f);
  Serial.println(text);
}

void loop() {}
