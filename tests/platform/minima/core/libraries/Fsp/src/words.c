// This part is there as a source.

#include "Fsp.h"

uint32_t fsp_unique_word(unsigned index) {
  uint32_t word = 0;
  for (unsigned byte = 4; byte-- > 0;) {
    word = word << 8 | fsp_unique_id[4 * index + byte];
  }
  return word;
}
