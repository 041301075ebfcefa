#include "Api.h"

int main() {
  board_init();
  setup();
  for (;;) {
    loop();
  }
}

// There is nothing that could be waited for when a pure virtual function is called.
extern "C" void __cxa_pure_virtual() {
  for (;;) {
  }
}
