struct Arm { void move(int n) { pos = n; } int pos; };
struct Step { int by; };
void setup() { Arm a; Step s = {2}; a.move(1); move(a, s); }
void loop() {}
void move(Arm &a, Step s) { PORTB = a.pos + s.by; }
