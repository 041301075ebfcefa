#include "part.h"
#include "../../setup.h"
int part() { return SETUP; }
