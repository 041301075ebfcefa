// Flags of its own, in build_opt.h: the core is compiled with them too.

#ifndef ANSWER
#error "build_opt.h was not read"
#endif

void setup() {
  Serial.begin(115200);
  Serial.println(ANSWER);
}

void loop() {}
