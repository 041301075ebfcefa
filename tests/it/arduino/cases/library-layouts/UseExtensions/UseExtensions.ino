#include <Extensions.h>
void setup() {
  PORTB = e1();
  PORTB = e2();
  PORTB = e3();
  PORTB = e4();
  PORTB = e5();
  PORTB = tpp(2);
  PORTB = ipp();
}
void loop() {}
