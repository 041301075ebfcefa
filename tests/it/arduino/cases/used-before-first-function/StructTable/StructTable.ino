struct Row { char key; void (*run)(); };
const Row rows[] = { {'a', alpha}, {'b', beta} };
void setup() { rows[PINB & 1].run(); }
void loop() {}
void alpha() { PORTB = 1; }
void beta() { PORTB = 2; }
