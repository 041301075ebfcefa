#ifdef __cplusplus
#include <gone.h>
#endif
int c_only = 1;
