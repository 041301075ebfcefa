#include <A.h>
#include <B.h>
extern int a();
extern int b();
void setup() { PORTB = a(); PORTC = b(); }
void loop() {}
