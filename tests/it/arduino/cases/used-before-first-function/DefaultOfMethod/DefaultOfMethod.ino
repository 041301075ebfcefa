int basis(int n) { return n; }
class K { public: int k(int a = basis(2)) { return a; } };
void setup() { K k; PORTB = k.k(); }
void loop() {}
