#include <root.h>
int v() { return ROOT; }
