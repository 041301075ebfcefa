#define TASK(name) static void task_##name(int ticks)
void setup() { task_blink(3); }
void loop() {}
TASK(blink) { PORTB = ticks; }
