#include <W.h>
void setup() { PORTB = V; }
void loop() {}
