#include <Recursive.h>
void setup() {
  PORTB = r1();
  PORTB = r2();
  PORTB = r3();
  PORTB = r4();
  PORTB = SIDE;
}
void loop() {}
