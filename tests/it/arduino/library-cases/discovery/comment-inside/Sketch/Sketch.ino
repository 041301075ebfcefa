# /* a */ include /* b */ <L.h>
void setup() { PORTB = V; }
void loop() {}
