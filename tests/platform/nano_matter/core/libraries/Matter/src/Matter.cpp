#include "Matter.h"

void MatterLight::begin(unsigned long value) { discriminator = value & 0xFFF; }
unsigned long MatterLight::pairing_code() const { return 34970112332ull % 100000000 + discriminator; }
