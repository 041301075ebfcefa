#include <Wrapped.h>
void setup() { PORTB = WRAPPED; }
void loop() {}
