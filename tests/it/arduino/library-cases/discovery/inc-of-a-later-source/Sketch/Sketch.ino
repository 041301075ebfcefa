#include <table.inc>
#define V TABLE
void setup() { PORTB = V; }
void loop() {}
