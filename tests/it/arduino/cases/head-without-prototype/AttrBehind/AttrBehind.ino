void setup() { PORTB = f(1); }
void loop() {}
int f(int) __attribute__((noinline));
int f(int a) { return a + 1; }
