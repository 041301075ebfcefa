void setup() { far(2); }
void loop() {}
