#include <local.h>
void setup() { PORTB = LOCAL; }
void loop() {}
