const char page[] =
#include "page.txt"
;
void setup() { PORTB = page[0]; }
void loop() {}
