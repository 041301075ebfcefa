#ifdef __cplusplus
#include <L.h>
#endif
int c_only = 1;
