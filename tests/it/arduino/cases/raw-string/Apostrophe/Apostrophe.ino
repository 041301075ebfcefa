const char a[] = R"(don't)";
void setup() { show(a[0]); }
void loop() {}
void show(char c) { PORTB = c; }
