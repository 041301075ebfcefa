#include <BadVersion.h>
void setup() { PORTB = BADVERSION; }
void loop() {}
