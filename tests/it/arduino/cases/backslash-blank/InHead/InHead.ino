void setup() { PORTB = sum(1, 2); }
void loop() {}
int sum(int a, \ 
        int b) { return a + b; }
