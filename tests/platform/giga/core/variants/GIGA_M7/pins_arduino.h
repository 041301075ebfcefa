#pragma once

#define LED_BUILTIN 12 // PI12, red
