const char a[] = R"(one " two)";
void setup() { show(a[0]); }
void loop() {}
void show(char c) { PORTB = c; }
