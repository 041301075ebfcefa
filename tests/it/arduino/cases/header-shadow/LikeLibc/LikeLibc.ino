#include <math.h>
void setup() { PORTB = (int)sqrt((float)PINB); }
void loop() {}
