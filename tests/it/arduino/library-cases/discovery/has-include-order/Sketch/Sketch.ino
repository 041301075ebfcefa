#if __has_include(<L.h>)
#include <M.h>
#endif
#include <L.h>
#include <N.h>
void setup() { PORTB = V; }
void loop() {}
