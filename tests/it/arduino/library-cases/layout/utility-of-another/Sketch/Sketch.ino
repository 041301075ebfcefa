#include <W.h>
extern int w();
void setup() { PORTB = w(); }
void loop() {}
