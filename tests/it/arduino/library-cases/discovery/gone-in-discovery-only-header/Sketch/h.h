#ifdef __cplusplus
#include <string>
#endif
