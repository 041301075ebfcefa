#pragma once

#include <stdint.h>

void setup();
void loop();
void say(const char *text);
