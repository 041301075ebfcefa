#include "../common/impl.cpp"
void setup() { PORTB = impl(); }
void loop() {}
