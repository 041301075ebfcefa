#pragma once

#include "api/Api.h"
#include "cortex-m/cortex_m.h"
#include "pins_arduino.h"
