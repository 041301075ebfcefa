#include <Empty.h>
void setup() { PORTB = EMPTY; }
void loop() {}
