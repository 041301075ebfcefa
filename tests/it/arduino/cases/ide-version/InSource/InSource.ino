int version();
void setup() { PORTB = version(); }
void loop() {}
