int c1(); int c2();
void setup() { PORTB = c1() + c2() + own(1); }
void loop() {}
int own(int a) { return PINB + a; }
