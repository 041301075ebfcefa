typedef unsigned long (*Clock)();
class Timer { public: Clock clock; unsigned long now() { return clock(); } };
void setup() { Timer t = {millis}; PORTB = now(t.clock); }
void loop() {}
unsigned char now(Clock c) { return c(); }
