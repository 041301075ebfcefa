// Of Mbed OS's archive what nobody names, definitions out of response files, and as much constant data as is asked for.

#ifndef AMOUNT
#define AMOUNT 16
#endif

extern "C" const char mbed_version[];
extern "C" volatile unsigned mbed_crashes;

static const volatile uint8_t amount[AMOUNT] = {1};

void setup() {
  Serial.begin(115200);
  Serial.println(mbed_version);
  Serial.println(MBED_CORE);
  Serial.println(static_cast<unsigned long>(mbed_crashes));
  Serial.println(amount[millis() % AMOUNT]);
}

void loop() {}
