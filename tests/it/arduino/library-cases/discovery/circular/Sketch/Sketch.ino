#include <A.h>
void setup() { PORTB = V; }
void loop() {}
