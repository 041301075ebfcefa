#include <Lib.h>
volatile int value;
void setup() { value = first() + second(); }
void loop() {}
