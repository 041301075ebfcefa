// The first serial port.
#pragma once

#include "Print.h"

class SerialPort : public Print {
public:
  void begin(unsigned long baud);
  size_t write(uint8_t byte) override;
};

extern SerialPort Serial;
