struct Btn { void press() { pressed(); } };
void setup() { Btn b; b.press(); }
void loop() {}
void pressed() { PORTB = 1; }
