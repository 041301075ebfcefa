#include <Pre.h>
#include <Next.h>
#ifdef SEEN
#error not in the sketch
#endif
volatile int value;
void setup() { value = precompiled() + next_one(); }
void loop() {}
