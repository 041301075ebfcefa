#include <L.h>/* the library */ // <x>
void setup() { PORTB = V; }
void loop() {}
