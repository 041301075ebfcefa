#define TEXT(s) (__FlashStringHelper *)PSTR(s)
void setup() { say(TEXT("hi")); }
void loop() {}
void say(const __FlashStringHelper *t) { PORTB = pgm_read_byte(t); }
