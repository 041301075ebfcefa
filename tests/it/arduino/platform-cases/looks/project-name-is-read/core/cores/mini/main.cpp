#include <Arduino.h>
#if __has_include("user_config.h")
#include "user_config.h"
#endif
#define S(x) #x
#define T(x) S(x)
#ifdef PROJECT
#define USER (T(PROJECT)[0] + sizeof T(PROJECT))
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
