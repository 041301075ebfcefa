// An archive that comes with a library, and definitions out of response files.

#include <Fsp.h>
#include <string.h>

void setup() {
  Serial.begin(115200);
  Serial.println(FSP_NAME);
  Serial.println(FSP_VERSION_MAJOR);
  Serial.println(reinterpret_cast<uintptr_t>(&fsp_version) == 0x050600 ? "the archive's version" : "another version");
  for (unsigned index = 0; index < 4; index++) {
    Serial.println(static_cast<unsigned long>(fsp_unique_word(index)), HEX);
  }
  // A path of the build folder, whose name ends with the sketch's.
  Serial.println(strrchr(PROJECT_NAME, '/') + 1);
}

void loop() {}
