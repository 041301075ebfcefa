#include <Recursive.h>
#include <in/side.h>
void setup() {
  PORTB = SIDE;
}
void loop() {}
