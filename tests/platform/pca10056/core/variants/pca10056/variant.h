#pragma once

#define LED_BUILTIN 13
#define PIN_SERIAL_TX 6
#define PIN_SERIAL_RX 8
