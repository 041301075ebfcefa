void setup() { int t[2] = {1, 2}; PORTB = f(t); }
void loop() {}
int f(int (&t)[2]) { return t[1]; }
