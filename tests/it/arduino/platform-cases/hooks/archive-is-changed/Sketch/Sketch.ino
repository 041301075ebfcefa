extern "C" int first();
volatile int v;
void setup() { v = first(); }
void loop() {}
