#include <SoftwareSerial.h>
SoftwareSerial port(2, 3);
void setup() { port.begin(9600); }
void loop() { port.write(port.read()); }
