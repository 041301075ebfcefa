#include <gone.h>
