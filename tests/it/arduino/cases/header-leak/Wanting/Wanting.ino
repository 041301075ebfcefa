#include <Wants.h>
void setup() {}
void loop() {}
