#include "config.h"

void setup() { pinMode(LED, OUTPUT); }
void loop() {}
