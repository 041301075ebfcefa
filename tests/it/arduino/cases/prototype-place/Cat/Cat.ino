#define A (blink)
void (*h)() = A;
void setup() { h(); }
void loop() {}
void blink() {}
