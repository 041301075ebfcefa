int a1(); int a2(); int a3(); int a4();
void setup() { PORTB = a1() + a2(); PORTC = a3() + a4(); }
void loop() {}
