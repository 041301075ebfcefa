#pragma once

#define LED_BUILTIN 11
#define PIN_SERIAL_TX 25u
#define PIN_SERIAL_RX 24u
