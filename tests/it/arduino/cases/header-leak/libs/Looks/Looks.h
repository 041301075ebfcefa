#pragma once
#if defined(__has_include)
#if __has_include("mine.h")
#include "mine.h"
#endif
#endif
#ifndef MINE
#define MINE 1
#endif
int looks();
