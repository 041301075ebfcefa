#define HANDLER &blink
void (*handler)() = HANDLER;
void setup() { handler(); }
void loop() {}
void blink() {}
