#include "deep.h"
int g() { return DEEP; }
