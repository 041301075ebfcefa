#pragma once

#include "api/Api.h"
#include "pins_arduino.h"
