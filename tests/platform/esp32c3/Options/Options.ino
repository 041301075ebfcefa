// Flags in build_opt.h, a partition table beside the sketch, and names out of the board's menus.

#ifndef GREETING
#error "build_opt.h was not read"
#endif

void setup() {
  Serial.begin(115200);
  Serial.println(GREETING);
  Serial.println(ARDUINO_USB_CDC_ON_BOOT);
}

void loop() {}
