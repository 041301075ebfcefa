void setup() {}
void loop() { blink(); }
