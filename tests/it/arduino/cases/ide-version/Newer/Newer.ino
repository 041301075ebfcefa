#if ARDUINO >= 10800
#define WAY 1
#else
#define WAY 2
#endif
void setup() { PORTB = WAY; }
void loop() {}
