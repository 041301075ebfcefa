const char a[] = R"(
#ifdef X
#include <nothing.h>
)";
void setup() { show(a[1]); }
void loop() {}
void show(char c) { PORTB = c; }
