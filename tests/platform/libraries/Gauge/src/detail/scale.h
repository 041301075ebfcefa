#ifndef GAUGE_DETAIL_SCALE_H
#define GAUGE_DETAIL_SCALE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What share of `full` is `value`, in percent, at most 100. */
uint8_t gauge_scale(uint16_t value, uint16_t full);

#ifdef __cplusplus
}
#endif

#endif
