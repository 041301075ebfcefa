extern "C" int get(void);
void setup() { PORTB = get(); }
void loop() {}
