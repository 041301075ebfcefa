void setup() { PORTB = pick(1); }
void loop() {}
#ifdef FROM_TAB
int pick(int a) { return a; }
#else
int pick(long a) { return a + 1; }
#endif
