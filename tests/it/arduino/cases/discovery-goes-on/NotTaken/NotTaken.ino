#if __has_include(<parts/inner.h>)
#include <parts/inner.h>
#else
#define INNER 9
#endif
void setup() { PORTB = INNER; }
void loop() {}
