#pragma once
#include_next <Wire.h>
#define WRAPPED 1
