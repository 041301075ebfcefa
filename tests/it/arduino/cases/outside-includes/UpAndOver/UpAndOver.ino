#include "../common/pins.h"
void setup() { PORTB = PIN; }
void loop() {}
