// the line goes on \ 
int hidden() { return 1; }
int shown() { return 2; }
void setup() { PORTB = shown(); }
void loop() {}
