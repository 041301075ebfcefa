#include "Faulty.h"

int faulty() {
  return undeclared + 1;
}
