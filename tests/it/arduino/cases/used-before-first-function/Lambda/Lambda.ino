auto call = []() { inner(); };
void setup() { call(); }
void loop() {}
void inner() { PORTB = 1; }
