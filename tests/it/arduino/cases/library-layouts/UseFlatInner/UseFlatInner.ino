#include <FlatUtility.h>
#include <low.h>
void setup() {
  PORTB = LOW_VALUE;
}
void loop() {}
