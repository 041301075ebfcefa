#include <B.h>
int w() { return 4; }
