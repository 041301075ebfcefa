#if __has_include("gen.h")
#include "gen.h"
#else
#define GEN 1
#endif
int core_gen() { return GEN; }
