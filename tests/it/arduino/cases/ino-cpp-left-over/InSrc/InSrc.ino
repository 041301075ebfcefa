void setup() { PORTB = 2; }
void loop() {}
