// Values of boards.txt with spaces and quotes in them, and newlib's printf on top of the core's own system calls.

#include <stdio.h>

void setup() {
  Serial.begin(115200);
  printf("%s by %s, %04x:%04x\r\n", USB_PRODUCT, USB_MANUFACTURER, USB_VID, USB_PID);
}

void loop() {}
