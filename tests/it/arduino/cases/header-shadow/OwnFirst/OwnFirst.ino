#include "shared_name.h"
#include <Outer.h>
void setup() { PORTB = OUTER; }
void loop() {}
