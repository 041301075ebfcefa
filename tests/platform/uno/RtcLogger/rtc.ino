// The clock: binary-coded decimals from register 1 on.

bool readClock(struct Entry *entry) {
  Wire.beginTransmission(CLOCK_ADDRESS);
  Wire.write(1);
  if (Wire.endTransmission() != 0) {
    return false;
  }
  Wire.requestFrom(CLOCK_ADDRESS, (uint8_t)2);
  if (Wire.available() < 2) {
    return false;
  }
  entry->minute = fromBcd(Wire.read());
  entry->hour = fromBcd(Wire.read() & 0x3F);
  return true;
}

uint8_t fromBcd(uint8_t bcd) { return (bcd >> 4) * 10 + (bcd & 0x0F); }
