void setup() { PORTB = g(); }
void loop() {}
int g() { return 5; }
