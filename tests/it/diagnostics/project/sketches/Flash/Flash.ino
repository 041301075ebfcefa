#include <avr/pgmspace.h>

// 270,000 bytes: more than any of the boards has.
const char table0[30000] PROGMEM = {1};
const char table1[30001] PROGMEM = {1};
const char table2[30002] PROGMEM = {1};
const char table3[30003] PROGMEM = {1};
const char table4[30004] PROGMEM = {1};
const char table5[30005] PROGMEM = {1};
const char table6[30006] PROGMEM = {1};
const char table7[30007] PROGMEM = {1};
const char table8[30008] PROGMEM = {1};

volatile unsigned at;

void setup() {
  Serial.begin(9600);
}

void loop() {
  Serial.print(pgm_read_byte(table0 + at));
  Serial.print(pgm_read_byte(table1 + at));
  Serial.print(pgm_read_byte(table2 + at));
  Serial.print(pgm_read_byte(table3 + at));
  Serial.print(pgm_read_byte(table4 + at));
  Serial.print(pgm_read_byte(table5 + at));
  Serial.print(pgm_read_byte(table6 + at));
  Serial.print(pgm_read_byte(table7 + at));
  Serial.print(pgm_read_byte(table8 + at));
}
