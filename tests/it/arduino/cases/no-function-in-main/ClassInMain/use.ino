void setup() { light(led); }
void loop() {}
void light(Led &l) { l.on(); }
