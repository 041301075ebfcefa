#define RUN() go()
void setup() { RUN(); }
void loop() {}
void go() { PORTB = 1; }
