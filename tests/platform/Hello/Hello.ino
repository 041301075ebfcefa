// For every board: pins, time, and text out of the first serial port.

#ifndef BOARD_NAME // Arduino's own cores do not say it.
#define BOARD_NAME "an Arduino"
#endif

struct Counter {
  explicit Counter(int start) : value(start) {}
  int value;
};

// Made before main(), from initialised data: wrong where the start does not copy or does not construct.
static Counter counter(41);
static volatile int copied = 1;
static volatile int cleared;

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  Serial.print("hello from ");
  Serial.println(BOARD_NAME);
  Serial.println(counter.value + copied + cleared);
  Serial.println(next(40), HEX);
  Serial.println("done");
}

void loop() {
  digitalWrite(LED_BUILTIN, HIGH);
  delay(500);
  digitalWrite(LED_BUILTIN, LOW);
  delay(500);
}

int next(int value) { return value + 2; }
