#include <B.h>
#include <C.h>
int a = 1;
