#if __has_include(<M.h>)
#include <L.h>
#endif
