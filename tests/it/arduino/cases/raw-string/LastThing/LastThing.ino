void setup() { show('a'); }
void loop() {}
void show(char c) { PORTB = c; }
const char a[] = R"(it's the end)";
