#ifdef __AVR__
#include <gone.h>
#endif
#include <L.h>
void setup() { PORTB = V; }
void loop() {}
