namespace leg { enum Kind { FRONT = 1, BACK }; int kind() { return 3; } }
using leg::Kind;
void setup() { PORTB = kind(leg::BACK); }
void loop() {}
int kind(Kind k) { return k; }
