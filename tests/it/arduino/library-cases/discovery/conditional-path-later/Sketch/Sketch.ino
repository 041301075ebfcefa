#ifdef __AVR__
#include <sub/deep.h>
#endif
#define V DEEP
void setup() { PORTB = V; }
void loop() {}
