#include "more.h"
