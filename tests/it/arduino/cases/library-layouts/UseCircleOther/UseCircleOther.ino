#include <CircleTwo.h>
void setup() {
  PORTB = two();
}
void loop() {}
