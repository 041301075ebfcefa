#include <Lib.h>
void setup() {}
void loop() {}
