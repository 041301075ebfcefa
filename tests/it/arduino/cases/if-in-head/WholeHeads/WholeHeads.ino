void setup() { run(3); }
void loop() {}
#if defined(ESP8266)
void run(short n) {
#else
void run(int n) {
#endif
  PORTB = n;
}
