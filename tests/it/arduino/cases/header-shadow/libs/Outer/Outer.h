#pragma once
#include "shared_name.h"
#define OUTER SHARED
