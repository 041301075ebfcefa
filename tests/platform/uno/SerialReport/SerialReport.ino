// Says on the serial port what each of its parts has computed, then stops for good.
// tests/it/platform.rs runs it in a simulator and compares every line.

#include <EEPROM.h>
#include <Gauge.h>
#include <avr/sleep.h>

#include "reading.h"
#include "src/bits.h"
#include "src/filter/median.h"

extern "C" uint16_t add_saturated(uint16_t a, uint16_t b);

Gauge gauge(2);

int scaled(int value, int factor = 3) { return value * factor; }

void setup() {
  Serial.begin(115200);
  say(F("default argument"), scaled(5));
  say(F("default argument given"), scaled(5, 7));
  // Defined in tabs that come later: these calls need prototypes.
  say(F("template"), largest(17L, 42L));
  say(F("other tab"), total(makeReading(3, 100)));
  say(F("function pointer"), twice(increment, 40));
  say(F("assembler"), add_saturated(65000, 1000));
  say(F("assembler, no carry"), add_saturated(300, 45));
  say(F("C in src"), count_bits(0xF00F));
  say(F("C++ below src"), filter::median(9, 2, 5));
  library();
  eeprom();
  stop();
}

void loop() {}

void library() {
  for (uint16_t sample = 0; sample < 400; sample += 100) {
    gauge.add(sample);
  }
  say(F("library"), gauge.percent(200));
  say(F("library of a library"), gauge.fingerprint());
}

void eeprom() {
  const Reading kept = makeReading(7, 1234);
  EEPROM.put(16, kept);
  Reading found;
  EEPROM.get(16, found);
  say(F("EEPROM"), found.value);
}

// Interrupts off and asleep: nothing can wake the processor, and the simulator ends.
void stop() {
  Serial.println(F("done"));
  Serial.flush();
  cli();
  sleep_enable();
  sleep_cpu();
}
