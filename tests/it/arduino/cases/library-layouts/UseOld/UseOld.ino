#include <OldFlat.h>
void setup() {
  PORTB = old_one();
  PORTB = old_two();
}
void loop() {}
