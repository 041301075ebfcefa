#include "Arduino.h"

volatile const char *version = MINI_CORE_VERSION;

int main(void) {
    setup();
    for (;;) {
        loop();
    }
}
