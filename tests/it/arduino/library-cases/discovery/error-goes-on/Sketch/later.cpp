#include <L.h>
#ifdef V
int x;
#endif
