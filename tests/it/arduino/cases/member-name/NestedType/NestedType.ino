struct Outer { struct Inner { int n; }; int get(Inner i) { return i.n; } };
void setup() { Outer::Inner i = {4}; PORTB = get(i); }
void loop() {}
int get(Outer::Inner i) { return i.n; }
