#include <L.h>
.global x
x: ret
