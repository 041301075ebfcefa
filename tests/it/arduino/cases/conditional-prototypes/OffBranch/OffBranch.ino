void setup() { go(1); }
void loop() {}
#if 0
void go(Missing m) {}
"unbalanced {{{
#endif
void go(int n) { PORTB = n; }
