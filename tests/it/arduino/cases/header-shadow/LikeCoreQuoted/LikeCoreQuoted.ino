#include "binary.h"
void setup() { PORTB = B101 + MINE; }
void loop() {}
