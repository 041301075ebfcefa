#include <EspThing.h>
void setup() {
  PORTB = ESP_THING;
}
void loop() {}
