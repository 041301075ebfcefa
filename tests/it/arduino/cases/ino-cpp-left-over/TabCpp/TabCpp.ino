int tabbed();
void setup() { PORTB = tabbed(); }
void loop() {}
