const char a[] PROGMEM = R"x({ "k": [1, { )x";
void setup() { show(pgm_read_byte(a)); }
void loop() {}
void show(char c) { PORTB = c; }
