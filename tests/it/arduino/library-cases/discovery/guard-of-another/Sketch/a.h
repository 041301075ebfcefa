#ifndef G_H
#define G_H
#include <L.h>
#endif
