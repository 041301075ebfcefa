#ifdef SECOND
#include <L.h>
#endif
