#include <math.h>
#define V 2
void setup() { PORTB = V; }
void loop() {}
