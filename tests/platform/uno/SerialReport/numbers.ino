// Calls between tabs in both directions.

static const int8_t OFFSET = -1;

Reading makeReading(uint8_t channel, int16_t value) {
  Reading reading = {channel, value};
  return corrected(reading);
}

Reading corrected(Reading reading) {
  reading.value += OFFSET + 1;
  return reading;
}

long total(const Reading &reading) { return reading.value + reading.channel; }

// On one line: Arduino's own builder, which the firmware is compared with, loses the first of two.
template <typename T> T largest(T a, T b) { return a < b ? b : a; }

int increment(int value) { return value + 1; }

int twice(int (*function)(int), int value) { return function(function(value)); }
