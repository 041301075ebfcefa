#include "near.h"
int one() { return NEAR; }
