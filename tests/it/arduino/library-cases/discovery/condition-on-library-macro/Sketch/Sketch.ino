#include <M.h>
#if WANTS
#include <L.h>
#endif
void setup() { PORTB = V; }
void loop() {}
