void setup() { tone(8, 440); noTone(8); }
void loop() { PORTB = pulseIn(7, HIGH) + random(9); }
