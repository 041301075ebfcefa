void setup() { pick(1)(); }
void loop() {}
void no() { PORTB = 1; }
void (*pick(int n))() { return no; }
