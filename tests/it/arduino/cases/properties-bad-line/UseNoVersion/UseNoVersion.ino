#include <NoVersion.h>
void setup() { PORTB = NOVERSION; }
void loop() {}
