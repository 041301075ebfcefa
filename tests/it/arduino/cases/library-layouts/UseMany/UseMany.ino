#include <OldFlat.h>
#include <DotA.h>
#include <Recursive.h>
#include <FlatUtility.h>
#include <CircleTwo.h>
#include <NeedsSpaces.h>
void setup() {
  PORTB = old_one();
  PORTB = dot_used();
  PORTB = r3();
  PORTB = flat_low();
  PORTB = two();
  PORTB = spaced();
}
void loop() {}
