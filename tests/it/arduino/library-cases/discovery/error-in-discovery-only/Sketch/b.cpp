#include <L.h>
int b = V;
