void far(int n) { PORTB = n; };
