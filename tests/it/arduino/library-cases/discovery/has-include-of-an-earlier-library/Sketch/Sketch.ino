#include <M.h>
#if __has_include(<M.h>) && __has_include(<sub/deep.h>)
#include <L.h>
#endif
void setup() { PORTB = V; }
void loop() {}
