#include "a.hpp"
#include "b.hh"
#include "c.tpp"
#include "d.ipp"
#include "sub/e.h"
void setup() { PORTB = A + B + C + D + E; }
void loop() {}
