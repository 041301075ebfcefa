#pragma once
#include <needed.h>
