void setup() { PORTB = f(); }
void loop() {}
int f(int a = 4) { return a; }
