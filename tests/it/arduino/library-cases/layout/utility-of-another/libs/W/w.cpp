#include <X.h>
int w() { return 1; }
