void setup() { old(1); }
void loop() {}
void old(int n) { PORTB = n; }
