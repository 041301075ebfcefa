#define Q(x) #x
#define H(x) Q(x.h)
#include H(L)
void setup() { PORTB = V; }
void loop() {}
