#include <Lib.h>
volatile int v;
void setup() { v = lib(); }
void loop() {}
