// The second tab.
void blink() {
  int pause = ;
  delay(pause);
}
