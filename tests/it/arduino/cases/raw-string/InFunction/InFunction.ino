void setup() { const char *a = R"(it's)"; show(a[0]); }
void loop() {}
void show(char c) { PORTB = c; }
void more(char c) { show(c); }
