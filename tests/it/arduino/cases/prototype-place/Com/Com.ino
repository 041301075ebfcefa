int limit = 1; // see (blink)
#include <SPI.h>
void setup() {}
void loop() {}
void blink(SPISettings s) {}
