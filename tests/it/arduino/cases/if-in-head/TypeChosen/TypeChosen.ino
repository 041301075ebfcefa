void setup() { PORTB = value(2); }
void loop() {}
#ifdef __AVR__
int
#else
long
#endif
value(int n) { return n; }
