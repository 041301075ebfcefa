// USART1; its registers differ between the series.

#include "Arduino.h"

extern "C" void uart_begin(unsigned long baud) {
  USART1_BRR = SYSTEM_CLOCK / baud;
  USART1_CR1 = USART_CR1_ENABLE;
}

extern "C" void uart_put(uint8_t byte) {
  while ((USART1_STATUS & (1u << 7)) == 0) {
  }
  USART1_DATA = byte;
}
