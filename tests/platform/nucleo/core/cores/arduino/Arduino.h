#pragma once

#include "api/Api.h"
#include "cortex_m.h"
#include VARIANT_H
