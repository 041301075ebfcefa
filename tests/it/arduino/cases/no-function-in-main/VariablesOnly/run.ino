void setup() { PORTB = raise(level); }
void loop() {}
int raise(int n) { return n + 1; }
