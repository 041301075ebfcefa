#ifndef __ASSEMBLER__
#include <gone.h>
#endif
.global x
x: ret
