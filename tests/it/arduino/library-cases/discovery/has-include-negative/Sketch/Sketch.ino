#if __has_include(<L.h>)
#include <L.h>
#else
#include <M.h>
#define V 5
#endif
void setup() { PORTB = V; }
void loop() {}
