#define CAT(a, b) a##b
#define NAME(n) CAT(do_, n)
#define DEFINE(n) int NAME(n)(int v)
void setup() { PORTB = do_it(1); }
void loop() {}
DEFINE(it) { return v; }
