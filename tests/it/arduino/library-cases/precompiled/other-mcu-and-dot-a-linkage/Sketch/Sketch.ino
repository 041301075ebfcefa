#include <Pre.h>
volatile int value;
void setup() { value = precompiled(); }
void loop() {}
