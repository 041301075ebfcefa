#pragma once
#include <CircleOne.h>
#define TWO_VALUE 2
int two();
