#include <L.h>
extern int get();
void setup() { PORTB = get(); }
void loop() {}
