#include "near.h"
void setup() { PORTB = NEAR; }
void loop() {}
