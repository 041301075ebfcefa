#include <SketchHeader.h>
void setup() {
  PORTB = sees();
}
void loop() {}
