#pragma once
#include_next <SPI.h>
