#include "conf.h"
void setup() { start(); }
void loop() {}
#if LEVEL > 2
void start() { PORTB = LEVEL; }
#else
void start(int level) { PORTB = level; }
#endif
