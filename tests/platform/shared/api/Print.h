// Text out of numbers.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum Base : uint8_t { BIN = 2, OCT = 8, DEC = 10, HEX = 16 };

class Print {
public:
  virtual size_t write(uint8_t byte) = 0;

  size_t print(const char *text);
  size_t print(char character);
  size_t print(int number, Base base = DEC);
  size_t print(unsigned number, Base base = DEC);
  size_t print(long number, Base base = DEC);
  size_t print(unsigned long number, Base base = DEC);

  size_t println();

  template <typename T> size_t println(T value) {
    const size_t printed = print(value);
    return printed + println();
  }

  template <typename T> size_t println(T value, Base base) {
    const size_t printed = print(value, base);
    return printed + println();
  }
};
