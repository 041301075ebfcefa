void setup() { Pt p = {1}; put(p); }
void loop() {}
void put(Pt p) { PORTB = p.x; }
