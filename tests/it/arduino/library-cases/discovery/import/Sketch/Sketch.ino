#import <L.h>
void setup() { PORTB = V; }
void loop() {}
