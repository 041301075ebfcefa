#include_next <L.h>
