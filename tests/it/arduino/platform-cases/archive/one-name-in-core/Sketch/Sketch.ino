volatile int value;
void setup() { value = one() + two(); }
void loop() {}
