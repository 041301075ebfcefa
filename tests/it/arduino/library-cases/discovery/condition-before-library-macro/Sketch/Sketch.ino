#if WANTS
#include <gone.h>
#endif
#include <M.h>
#define V 9
void setup() { PORTB = V; }
void loop() {}
