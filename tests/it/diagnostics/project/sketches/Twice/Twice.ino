int counter = 1;
int more();

void setup() {}

void loop() {
  counter = more();
}
