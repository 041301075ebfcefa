#if __has_include(<L.h>)
#define W 1
#else
#define W 2
#endif
