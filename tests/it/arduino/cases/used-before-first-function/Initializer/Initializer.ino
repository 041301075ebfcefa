int start = first();
void setup() { PORTB = start; }
void loop() {}
int first() { return 3; }
