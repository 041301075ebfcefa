#define WAY 3
void setup() { PORTB = go(); }
void loop() {}
#if WAY == 1
int go() { return 1; }
#elif WAY == 2
long go() { return 2; }
#elif WAY == 3
unsigned char go() { return 3; }
#else
#error no way
#endif
