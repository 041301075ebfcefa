int made();
volatile int v;
void setup() { v = made(); }
void loop() {}
