#include <Looks.h>
void setup() { PORTB = looks(); }
void loop() {}
