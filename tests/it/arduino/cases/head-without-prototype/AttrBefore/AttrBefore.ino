void setup() { PORTB = f(1); }
void loop() {}
__attribute__((noinline)) int f(int a) { return a + 1; }
