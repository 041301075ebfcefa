int elsewhere(int pin);

void setup() {
  pinMode(13, OUTPUT);
}

void loop() {
  digitalWrite(13, elsewhere(2));
}
