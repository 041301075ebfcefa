#include <Clash.h>
void setup() {
  PORTB = CLASH;
}
void loop() {}
