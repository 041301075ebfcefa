#include <inner.h>
