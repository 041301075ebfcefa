void setup() { rows(); }
void loop() {}
typedef void (*Run)();
const Run table[] = { alpha, beta };
void rows() { table[PINB & 1](); }
void alpha() { PORTB = 1; }
void beta() { PORTB = 2; }
