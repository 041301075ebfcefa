#include <DotTwice.h>
void setup() {
  PORTB = twice_a();
}
void loop() {}
