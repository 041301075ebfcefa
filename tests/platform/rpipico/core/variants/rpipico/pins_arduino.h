#pragma once

#define LED_BUILTIN 25
#define PIN_SERIAL_TX 0
#define PIN_SERIAL_RX 1
