#include <W.tpp>
void setup() { PORTB = V; }
void loop() {}
