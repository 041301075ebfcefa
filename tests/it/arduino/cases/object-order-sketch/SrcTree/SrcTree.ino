int b1(); int b2(); int b3(); int b4(); int b5();
void setup() { PORTB = b1() + b2() + b5(); PORTC = b3() + b4(); }
void loop() {}
