// What newlib wants of an operating system. Linked by name: nothing in the archive asks for it before newlib does.

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "Arduino.h"

extern char end;

void *_sbrk(ptrdiff_t more) {
  static char *heap = &end;
  char *const old = heap;
  heap += more;
  return old;
}

int _write(int file, const char *text, int length) {
  (void)file;
  for (int at = 0; at < length; at++) {
    uart_put((uint8_t)text[at]);
  }
  return length;
}

int _read(int file, char *text, int length) { return (void)file, (void)text, (void)length, 0; }
int _close(int file) { return (void)file, -1; }
int _lseek(int file, int offset, int from) { return (void)file, (void)offset, (void)from, 0; }
int _isatty(int file) { return (void)file, 1; }
int _fstat(int file, struct stat *status) { return (void)file, status->st_mode = S_IFCHR, 0; }
