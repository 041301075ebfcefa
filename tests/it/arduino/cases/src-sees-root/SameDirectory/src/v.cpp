#include "near.h"
int v() { return NEAR; }
