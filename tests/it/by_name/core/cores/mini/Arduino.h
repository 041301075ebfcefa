#pragma once
#include <stdint.h>
#include "pins_arduino.h"

#define MINI_CORE_VERSION "mini core @VERSION@"

void setup(void);
void loop(void);
