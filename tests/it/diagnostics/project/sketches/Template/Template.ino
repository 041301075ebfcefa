#include <Overloads.h>

struct Point {
  int x, y;
};

Point points[3];

void setup() {
  writeAll(points, 3);
}

void loop() {}
