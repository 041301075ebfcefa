void setup() { go(); }
void loop() {}
void go() { PORTB = 1; }
