#include <sub/deep.h>
#include <M.h>
#define V 9
void setup() { PORTB = V; }
void loop() {}
