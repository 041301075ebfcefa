#define TWICE(x) x; \	
  x
void setup() { TWICE(step(2)); }
void loop() {}
void step(int n) { PORTB = n; }
