#include "verbs.h"
void setup() { PORTB = CALL(one)(); }
void loop() {}
VERB(int, one) { return 1; }
