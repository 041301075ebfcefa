const char text[] = "ab\  
cd";
void setup() { show(text[2]); }
void loop() {}
void show(char c) { PORTB = c; }
