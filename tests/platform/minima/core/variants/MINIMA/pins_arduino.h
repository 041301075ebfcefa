#pragma once

#define LED_BUILTIN 11 // P111
