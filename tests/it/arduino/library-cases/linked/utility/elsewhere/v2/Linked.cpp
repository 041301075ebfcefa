#include <deep.h>
int f() { return DEEP; }
