#include <NoAuthor.h>
void setup() { PORTB = NOAUTHOR; }
void loop() {}
