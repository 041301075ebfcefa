extern "C" char made[];
volatile int v;
void setup() { v = (int)made; }
void loop() {}
