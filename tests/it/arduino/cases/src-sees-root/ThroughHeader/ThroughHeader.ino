#include "src/face.h"
void setup() { PORTB = FACE; }
void loop() {}
