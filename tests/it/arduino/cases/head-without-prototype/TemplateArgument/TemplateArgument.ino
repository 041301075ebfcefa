template <int N> struct Box { int v; };
void setup() { Box<3> b = {1}; PORTB = f(b); }
void loop() {}
int f(Box<3> b) { return b.v; }
