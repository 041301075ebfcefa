// Of the archive: where the chip keeps what makes it unique, and the version.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
extern const volatile uint8_t fsp_unique_id[16];
extern const char fsp_version;
uint32_t fsp_unique_word(unsigned index);
#ifdef __cplusplus
}
#endif
