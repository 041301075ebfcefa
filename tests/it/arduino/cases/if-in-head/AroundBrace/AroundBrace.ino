void setup() { both(); }
void loop() {}
void both()
#ifdef NEVER
;
#else
{ PORTB = 2; }
#endif
