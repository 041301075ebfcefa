#include "in/side.h"
int r1(); int r2(); int r3(); int r4();
