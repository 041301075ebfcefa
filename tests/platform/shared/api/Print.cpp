#include "Print.h"

#include <string.h>

size_t Print::print(const char *text) {
  const size_t length = strlen(text);
  for (size_t at = 0; at < length; at++) {
    write(static_cast<uint8_t>(text[at]));
  }
  return length;
}

size_t Print::print(char character) { return write(static_cast<uint8_t>(character)); }
size_t Print::print(int number, Base base) { return print(static_cast<long>(number), base); }
size_t Print::print(unsigned number, Base base) { return print(static_cast<unsigned long>(number), base); }

size_t Print::print(long number, Base base) {
  if (number >= 0 || base != DEC) {
    return print(static_cast<unsigned long>(number), base);
  }
  return print('-') + print(-static_cast<unsigned long>(number), base);
}

size_t Print::print(unsigned long number, Base base) {
  char digits[8 * sizeof number + 1];
  char *at = digits + sizeof digits;
  *--at = '\0';
  do {
    *--at = "0123456789ABCDEF"[number % base];
    number /= base;
  } while (number != 0);
  return print(at);
}

size_t Print::println() { return print("\r\n"); }
