// What a sketch may use, whatever the board.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LOW, HIGH };
enum { INPUT, OUTPUT, INPUT_PULLUP };

void setup(void);
void loop(void);

// The core's own part.
void board_init(void);
void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);
int digitalRead(uint8_t pin);
unsigned long millis(void);
void delay(unsigned long milliseconds);

// The first serial port, as the core's chip has it.
void uart_begin(unsigned long baud);
void uart_put(uint8_t byte);

#ifdef __cplusplus
}

#include "Print.h"
#include "Serial.h"
#endif
