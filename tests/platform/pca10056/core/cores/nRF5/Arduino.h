#pragma once

#include "api/Api.h"
#include "cortex-m/cortex_m.h"
#include "variant.h"
