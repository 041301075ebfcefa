#include "ask.h"
#include "again.h"
#ifndef V
#define V 8
#endif
void setup() { PORTB = V; }
void loop() {}
