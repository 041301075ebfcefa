// The header is of no library.
#include <Nowhere.h>

void setup() {}
void loop() {}
