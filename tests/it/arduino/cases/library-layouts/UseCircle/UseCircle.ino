#include <CircleOne.h>
void setup() {
  PORTB = one();
  PORTB = two();
}
void loop() {}
