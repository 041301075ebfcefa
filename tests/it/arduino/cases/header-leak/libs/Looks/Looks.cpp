#include "Looks.h"
int looks() { return MINE; }
