void setup() { turn(way); }
void loop() {}
void turn(Way w) { PORTB = w; }
