void setup() { on(); off(); } void loop() {} void on() {}; void off() { PORTB = 0; };
