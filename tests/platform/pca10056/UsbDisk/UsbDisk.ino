// A library that needs a library, and newlib's printf with floating point in hardware.

#include <TinyUsb.h>
#include <stdio.h>

void setup() {
  Serial.begin(115200);
  Serial.println(flash_identity(), HEX);
  char text[32];
  snprintf(text, sizeof text, "%.2f V", 3.3f * static_cast<float>(millis()) / 1000.0f);
  Serial.println(text);
}

void loop() {}
