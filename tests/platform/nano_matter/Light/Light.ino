// A library that is linked as an archive of its own.

#include <Matter.h>

MatterLight light;

void setup() {
  Serial.begin(115200);
  light.begin(3840);
  Serial.println(light.pairing_code());
}

void loop() {}
