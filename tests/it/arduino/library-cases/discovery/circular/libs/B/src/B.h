#pragma once
#include <A.h>
#define V 2
