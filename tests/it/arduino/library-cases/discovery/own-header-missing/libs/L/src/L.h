#include <inner/x.h>
#define V 3
