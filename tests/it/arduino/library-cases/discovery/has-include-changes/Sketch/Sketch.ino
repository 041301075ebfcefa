#if !__has_include(<L.h>)
#include <gone.h>
#endif
#include <L.h>
void setup() { PORTB = V; }
void loop() {}
