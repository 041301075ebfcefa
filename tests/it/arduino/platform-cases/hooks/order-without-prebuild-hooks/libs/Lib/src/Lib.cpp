#include "Lib.h"
int lib() { return 7; }
