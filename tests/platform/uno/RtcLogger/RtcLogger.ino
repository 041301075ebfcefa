// Reads the time from a clock on the I2C bus and a temperature from a sensor on the SPI bus, and keeps
// both in the EEPROM's ring. The LED blinks how many of the last readings failed.

#include <Blinker.h>
#include <EEPROM.h>
#include <SPI.h>
#include <Wire.h>

const uint8_t CLOCK_ADDRESS = 0x68;
const uint8_t SENSOR_PIN = 10;
const unsigned long PERIOD = 60000UL;

struct Entry {
  uint8_t hour;
  uint8_t minute;
  int16_t celsius16;
};

Blinker blinker(LED_BUILTIN);
unsigned long last;
uint8_t failures;
uint8_t place;

void setup() {
  blinker.begin();
  pinMode(SENSOR_PIN, OUTPUT);
  digitalWrite(SENSOR_PIN, HIGH);
  SPI.begin();
  Wire.begin();
}

void loop() {
  blinker.tick();
  if (millis() - last >= PERIOD) {
    last += PERIOD;
    log();
  }
}

void log() {
  Entry entry;
  if (!readClock(&entry)) {
    blinker.show(++failures);
    return;
  }
  entry.celsius16 = readSensor();
  EEPROM.put(place * sizeof(Entry), entry);
  place = (place + 1) % (EEPROM.length() / sizeof(Entry));
}

int16_t readSensor() {
  SPI.beginTransaction(SPISettings(4000000, MSBFIRST, SPI_MODE1));
  digitalWrite(SENSOR_PIN, LOW);
  int16_t raw = SPI.transfer16(0);
  digitalWrite(SENSOR_PIN, HIGH);
  SPI.endTransaction();
  return raw >> 2;
}
