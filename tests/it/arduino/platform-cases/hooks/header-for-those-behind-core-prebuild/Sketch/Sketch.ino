#include <Lib.h>
#if __has_include("gen.h")
#include "gen.h"
#else
#define GEN 1
#endif
int core_gen();
volatile int a, b, c;
void setup() { a = GEN; b = lib(); c = core_gen(); }
void loop() {}
