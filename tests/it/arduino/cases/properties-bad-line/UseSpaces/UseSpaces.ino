#include <Spaces.h>
void setup() { PORTB = SPACES; }
void loop() {}
