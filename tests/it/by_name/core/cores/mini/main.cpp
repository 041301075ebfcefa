#include "Arduino.h"

// Read at run time, so that the text stays in the firmware.
volatile const char *version = MINI_CORE_VERSION;
volatile char first;

int main(void) {
    first = *version;
    setup();
    for (;;) {
        loop();
    }
}
