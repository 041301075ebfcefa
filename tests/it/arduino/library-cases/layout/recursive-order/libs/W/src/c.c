#include <C.h>
