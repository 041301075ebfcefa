#include <Looks.h>
void setup() { PORTB = looks() + MINE; }
void loop() {}
