#define ADD(a, b) \ 
  ((a) + (b))
void setup() { put(ADD(1, 2)); }
void loop() {}
void put(int n) { PORTC = n; }
