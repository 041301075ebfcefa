#define BEGIN {
#define END }
void setup() BEGIN act(); END
void loop() BEGIN END
void act() BEGIN PORTB = 7; END
