#include <Lib.h>
volatile int value;
void setup() { value = lib(); }
void loop() {}
