void setup() { PORTB = 1; }
void loop() {}
