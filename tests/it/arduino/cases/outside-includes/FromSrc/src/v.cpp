#include "../../common/pins.h"
int v() { return PIN; }
