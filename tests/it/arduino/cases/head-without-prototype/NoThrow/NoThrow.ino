void setup() { PORTB = f(1); }
void loop() {}
int f(int a) throw() { return a; }
