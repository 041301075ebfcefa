void setup() { a(); b(1); };
void loop() {};
void a() {};
int b(int x) { return x; };
