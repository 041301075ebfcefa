#include <Deep.h>
