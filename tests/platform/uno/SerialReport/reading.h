#pragma once

#include <stdint.h>

// In a header: the prototypes that are generated for the tabs name it.
struct Reading {
  uint8_t channel;
  int16_t value;
};
