// The sketch has one of this name.
int counter = 2;

int more() {
  return counter + 1;
}
