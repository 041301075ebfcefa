#include "src/part/part.h"
void setup() { PORTB = part(); }
void loop() {}
