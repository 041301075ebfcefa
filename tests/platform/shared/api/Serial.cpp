#include "Api.h"

SerialPort Serial;

void SerialPort::begin(unsigned long baud) { uart_begin(baud); }

size_t SerialPort::write(uint8_t byte) {
  uart_put(byte);
  return 1;
}
