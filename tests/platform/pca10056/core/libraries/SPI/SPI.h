#pragma once

#include <stdint.h>

uint8_t spi_transfer(uint8_t byte);
