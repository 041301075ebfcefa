#pragma once
#include <CircleTwo.h>
int one();
