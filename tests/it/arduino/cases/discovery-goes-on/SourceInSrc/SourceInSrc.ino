#include "parts/inner.h"
void setup() { PORTB = INNER; }
void loop() {}
