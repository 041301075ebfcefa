int one();
void setup() { PORTB = one(); }
void loop() {}
