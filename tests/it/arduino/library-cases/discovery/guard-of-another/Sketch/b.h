#ifndef G_H
#define G_H
#include <gone.h>
#endif
