void setup() { isr(); }
void loop() {}
#if defined(ESP32)
void IRAM_ATTR isr()
#else
void isr()
#endif
{ PORTB = 1; }
