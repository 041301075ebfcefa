#include "a.h"
#include "b.h"
void setup() { PORTB = V; }
void loop() {}
