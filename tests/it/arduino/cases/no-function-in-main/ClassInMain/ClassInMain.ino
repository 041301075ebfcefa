class Led { public: void on() { PORTB = 1; } };
Led led;
