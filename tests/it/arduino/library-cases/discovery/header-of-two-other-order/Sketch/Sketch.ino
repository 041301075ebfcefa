#include <Shared.h>
#include <A.h>
void setup() { PORTB = S; }
void loop() {}
