#include "needed.h"
void setup() { PORTB = NEEDED; }
void loop() {}
