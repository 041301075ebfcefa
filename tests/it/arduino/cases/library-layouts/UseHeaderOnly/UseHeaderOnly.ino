#include <OnlyHeader.h>
void setup() {
  PORTB = only();
}
void loop() {}
