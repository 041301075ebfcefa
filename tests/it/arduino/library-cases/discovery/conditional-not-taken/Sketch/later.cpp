#include <M.h>
