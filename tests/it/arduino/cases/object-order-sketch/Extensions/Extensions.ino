extern "C" { int cc(); int ss(); }
int aa(); int bb(); int dd();
void setup() { PORTB = aa() + bb(); PORTC = cc() + dd() + ss(); }
void loop() {}
