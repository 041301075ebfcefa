void setup() { put(2); }
void loop() {}
void put(
#ifdef NEVER
  NoSuch n
#else
  int n
#endif
) { PORTB = n; }
