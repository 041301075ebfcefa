; uint16_t add_saturated(uint16_t a, uint16_t b): the sum, at most 65535.
; avr-gcc passes a in r25:r24, b in r23:r22, and takes the result in r25:r24.

#include "src/limits.h"

    .text
    .global add_saturated
    .type add_saturated, @function
add_saturated:
    add r24, r22
    adc r25, r23
    brcc 1f
    ldi r24, lo8(LARGEST_SUM)
    ldi r25, hi8(LARGEST_SUM)
1:  ret
    .size add_saturated, . - add_saturated
