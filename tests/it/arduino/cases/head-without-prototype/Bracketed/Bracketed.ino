void setup() { PORTB = f(1); }
void loop() {}
[[gnu::noinline]] int f(int a) { return a; }
