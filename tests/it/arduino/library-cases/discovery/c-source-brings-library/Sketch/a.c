#include <L.h>
int a = V;
