#include <SPI.h>
#include <OnlyHeader.h>
int __attribute__((noinline)) needy() { return SPI.transfer(only()); }
