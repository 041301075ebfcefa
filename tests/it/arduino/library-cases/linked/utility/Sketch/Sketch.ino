#include <Linked.h>
void setup() { PORTB = V; }
void loop() {}
