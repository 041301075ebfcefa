#include <A.h>
#include <Shared.h>
void setup() { PORTB = S; }
void loop() {}
