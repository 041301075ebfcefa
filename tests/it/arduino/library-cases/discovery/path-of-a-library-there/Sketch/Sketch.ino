#include <M.h>
#include <sub/deep.h>
#define V DEEP
void setup() { PORTB = V; }
void loop() {}
