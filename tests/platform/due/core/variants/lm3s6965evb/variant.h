#pragma once

#define LED_BUILTIN 0 // of port F

#ifdef __cplusplus
extern "C"
#endif
void variant_init(void);
