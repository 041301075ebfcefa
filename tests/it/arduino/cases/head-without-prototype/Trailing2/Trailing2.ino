void setup() { PORTB = f(1); }
void loop() {}
auto f(int a) -> decltype(a + 1L) { return a; }
