#pragma once
#include <stdint.h>
#include "pins_arduino.h"

#define MINI_CORE_VERSION "@VERSION@"

void setup(void);
void loop(void);
