#include <DotA.h>
void setup() {
  PORTB = dot_used();
}
void loop() {}
