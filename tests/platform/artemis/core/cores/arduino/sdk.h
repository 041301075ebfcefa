// Comes before everything else, as this family's kit does, and needs what is in the variant's folder.
#pragma once

#include "pins.h"
