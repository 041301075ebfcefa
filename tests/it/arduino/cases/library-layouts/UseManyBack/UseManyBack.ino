#include <NeedsSpaces.h>
#include <CircleTwo.h>
#include <FlatUtility.h>
#include <Recursive.h>
#include <DotA.h>
#include <OldFlat.h>
void setup() {
  PORTB = old_one();
  PORTB = dot_used();
  PORTB = r3();
  PORTB = flat_low();
  PORTB = two();
  PORTB = spaced();
}
void loop() {}
