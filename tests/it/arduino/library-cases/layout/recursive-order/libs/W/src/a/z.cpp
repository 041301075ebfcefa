#include <A.h>
int z() { return 1; }
