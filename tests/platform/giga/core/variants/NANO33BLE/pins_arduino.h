#pragma once

#define LED_BUILTIN 13 // P0.13
