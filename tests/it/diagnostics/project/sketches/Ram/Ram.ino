// More than any of the boards has.
const int SAMPLES = 4500;
volatile int samples[SAMPLES];
char line[300];

void setup() {
  Serial.begin(9600);
}

void loop() {
  for (int at = 0; at < SAMPLES; at++) samples[at] = analogRead(A0);
  Serial.readBytes(line, sizeof line);
}
