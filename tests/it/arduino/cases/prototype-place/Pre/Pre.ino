int counter = 0;
int *p = &counter;
#include <SPI.h>
void c(SPISettings s) {}
void setup() {}
void loop() {}
