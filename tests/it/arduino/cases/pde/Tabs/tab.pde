void tab(int n) { PORTB = n; }
