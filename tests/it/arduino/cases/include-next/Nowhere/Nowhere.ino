#include_next <no_such_header.h>
void setup() {}
void loop() {}
