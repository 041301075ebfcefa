struct V { int x; };
void setup() { V a = {1}, b = {2}; PORTB = (a + b).x; }
void loop() {}
V operator+(V a, V b) { V r = {a.x + b.x}; return r; }
