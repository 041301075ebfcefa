#ifndef DISPLAY_PIN
#error "Set DISPLAY_PIN to the pin of the display"
#endif

void setup() {}
void loop() {}
