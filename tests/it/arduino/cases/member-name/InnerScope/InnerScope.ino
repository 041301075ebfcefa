namespace a { int twice(int n) { return 2 * n; } }
int twice(int n) { return n; }
void setup() { PORTB = a::twice(1) + twice(2) + thrice(3); }
void loop() {}
int thrice(int n) { return 3 * n; }
