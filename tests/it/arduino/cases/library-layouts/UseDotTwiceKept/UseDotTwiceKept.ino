#include <DotTwice.h>
void setup() {
  PORTB = twice_b();
}
void loop() {}
