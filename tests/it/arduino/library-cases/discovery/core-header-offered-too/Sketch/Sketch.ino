#include <HardwareSerial.h>
#define V 9
void setup() { PORTB = V; }
void loop() {}
