#ifdef ESP32
#include <sub/deep.h>
#endif
#define V 9
void setup() { PORTB = V; }
void loop() {}
