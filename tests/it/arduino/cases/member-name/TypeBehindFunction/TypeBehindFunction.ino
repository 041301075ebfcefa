void setup() { later(); }
void loop() {}
struct Late { int n; };
void later() { Late l = {1}; show(l); }
void show(Late l) { PORTB = l.n; }
