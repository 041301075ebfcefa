#include <Faulty.h>

void setup() { faulty(); }
void loop() {}
