#include <Gone.h>
void setup() {}
void loop() {}
