void setup() { tab(1); }
void loop() {}
