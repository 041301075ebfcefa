// What this core can do: say something.

void setup() { say(BOARD_NAME); }
void loop() {}
