void setup() { lamp(); }
void loop() {}
void lamp() { PORTB = 1; }
