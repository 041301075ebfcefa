void setup() { Serial.begin(9600); Serial.println(ARDUINO); }
void loop() {}
