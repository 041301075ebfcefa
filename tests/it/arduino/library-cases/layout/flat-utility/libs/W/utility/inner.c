#include "inner.h"
int inner_c = INNER;
