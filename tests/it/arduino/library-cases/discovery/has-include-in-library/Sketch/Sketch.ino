#include <M.h>
#include <L.h>
void setup() { PORTB = V + W; }
void loop() {}
