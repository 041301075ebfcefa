#include <Commented.h>
void setup() { PORTB = COMMENTED; }
void loop() {}
