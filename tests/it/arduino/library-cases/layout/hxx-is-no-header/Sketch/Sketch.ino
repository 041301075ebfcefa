#include <W.hxx>
void setup() { PORTB = V; }
void loop() {}
