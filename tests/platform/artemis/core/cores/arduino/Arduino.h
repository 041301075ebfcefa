#pragma once

#include "api/Api.h"
#include "pins.h"

#ifndef MBED_BUILD
#error "the response file of symbols was not read"
#endif
