#include <SourceNeeds.h>
void setup() {
  PORTB = needy();
}
void loop() {}
