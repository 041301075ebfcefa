// One line a result: what, a colon, the number.

void say(const __FlashStringHelper *what, long number) {
  Serial.print(what);
  Serial.print(": ");
  Serial.println(number);
}
