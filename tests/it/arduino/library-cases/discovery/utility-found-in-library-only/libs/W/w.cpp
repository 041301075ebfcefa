#include <inner.h>
int w() { return INNER; }
