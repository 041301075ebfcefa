#include "h.h"
int c_only = 1;
