%:include <L.h>
void setup() { PORTB = V; }
void loop() {}
