const char a[] = R"(dont)";
void setup() { show(a[0]); }
void loop() {}
void show(char c) { PORTB = c; }
