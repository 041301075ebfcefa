#if __has_include("count.h")
volatile int v = 
#include "count.h"
;
#endif
void setup() { late(); }
void loop() {}
int late() { return 1; }
