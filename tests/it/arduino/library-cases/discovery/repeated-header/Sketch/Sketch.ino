#include "x.h"
#define SECOND
#include "x.h"
#include <M.h>
void setup() { PORTB = V; }
void loop() {}
