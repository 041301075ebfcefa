#define HANDLER void handler()
#define RESULT unsigned char
void setup() { handler(); PORTB = two(); }
void loop() {}
HANDLER { PORTC = 1; }
RESULT two() { return 2; }
