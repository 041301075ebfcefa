#pragma once

#include "api/Api.h"
#include "pins_arduino.h"
#include "core_version.h"

#define IRAM_ATTR __attribute__((section(".iram.text")))
#define REGISTER(address) (*(volatile uint32_t *)(address))
