#ifndef LATER
#error not yet
#endif
#define V 9
void setup() { PORTB = V; }
void loop() {}
