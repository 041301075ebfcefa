#define quick __attribute__((always_inline)) inline
void setup() { PORTB = f(1); }
void loop() {}
quick int f(int a) { return a; }
