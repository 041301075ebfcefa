String text = "a";
void setup() { Serial.begin(9600); text += millis(); Serial.println(text); }
void loop() { analogWrite(3, analogRead(0)); delayMicroseconds(3); shiftOut(1, 2, MSBFIRST, 3); }
