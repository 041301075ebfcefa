#pragma once

#include "api/Api.h"
#include "cortex-m/cortex_m.h"

#define LED_BUILTIN 13
