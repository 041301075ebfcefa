#include "Arduino.h"

#define UART(offset) (*(volatile uint8_t *)(0x10000000u + (offset)))

static uint32_t pins;

void board_init(void) {}
void pinMode(uint8_t pin, uint8_t mode) { (void)pin, (void)mode; }
void digitalWrite(uint8_t pin, uint8_t value) { pins = (pins & ~(1u << pin)) | ((uint32_t)(value != LOW) << pin); }
int digitalRead(uint8_t pin) { return (pins >> pin) & 1u ? HIGH : LOW; }
void uart_begin(unsigned long baud) { (void)baud; }

void uart_put(uint8_t byte) {
  while ((UART(5) & 0x20) == 0) {
  }
  UART(0) = byte;
}
