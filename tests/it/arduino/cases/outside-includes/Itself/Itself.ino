#include "../Itself/own.h"
void setup() { PORTB = OWN; }
void loop() {}
