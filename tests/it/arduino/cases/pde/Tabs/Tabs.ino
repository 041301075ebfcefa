void setup() { tab(2); }
void loop() {}
