#include <L.h>
#include <M.h>
void setup() { PORTB = V + W; }
void loop() {}
