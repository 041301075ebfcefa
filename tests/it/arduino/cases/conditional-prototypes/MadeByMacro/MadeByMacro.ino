#define EACH(X) X(red) X(green)
#define ONE(c) int c##_led() { return sizeof(#c); }
void setup() { PORTB = red_led() + green_led(); }
void loop() {}
EACH(ONE)
