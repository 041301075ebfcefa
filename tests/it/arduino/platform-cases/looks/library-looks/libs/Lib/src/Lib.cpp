#if __has_include("user_config.h")
#include "user_config.h"
#else
#define USER 1
#endif
int lib() { return USER; }
