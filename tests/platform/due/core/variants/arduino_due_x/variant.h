#pragma once

#define LED_BUILTIN 27 // PB27

#ifdef __cplusplus
extern "C"
#endif
void variant_init(void);
