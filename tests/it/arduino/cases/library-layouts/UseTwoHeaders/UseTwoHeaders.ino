#include <Second.h>
#include <First.h>
void setup() {
  PORTB = first_one();
  PORTB = second_one();
}
void loop() {}
