#include <W.hh>
#include <X.hpp>
void setup() { PORTB = V; }
void loop() {}
