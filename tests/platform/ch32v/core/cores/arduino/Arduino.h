#pragma once

#include "api/Api.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#include VARIANT_H
