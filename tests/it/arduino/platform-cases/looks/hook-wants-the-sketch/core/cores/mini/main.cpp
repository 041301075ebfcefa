#include <Arduino.h>
#if __has_include("user_config.h")
#include "user_config.h"
#endif
#ifndef USER
#define USER 1
#endif
volatile int user;
int main() {
  user = USER;
  setup();
  for (;;) loop();
}
