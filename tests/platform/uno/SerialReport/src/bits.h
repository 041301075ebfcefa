#ifndef BITS_H
#define BITS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many bits are set. */
uint8_t count_bits(uint16_t value);

#ifdef __cplusplus
}
#endif

#endif
