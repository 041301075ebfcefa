#ifndef LEDGER_CHECKSUM_H
#define LEDGER_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* CRC-8 with the polynomial x^8 + x^2 + x + 1, most significant bit first. */
uint8_t checksum(uint8_t sum, const uint8_t *bytes, size_t count);

#endif
