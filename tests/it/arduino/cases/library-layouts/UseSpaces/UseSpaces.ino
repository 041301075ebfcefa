#include <NeedsSpaces.h>
void setup() {
  PORTB = spaced();
}
void loop() {}
