#include <FlatUtility.h>
void setup() {
  PORTB = flat_top();
  PORTB = flat_low();
}
void loop() {}
