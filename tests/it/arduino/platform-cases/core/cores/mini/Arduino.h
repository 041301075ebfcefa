#pragma once
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
int one(void);
int two(void);
#ifdef __cplusplus
}
void setup();
void loop();
#endif
