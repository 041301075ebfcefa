#pragma once

class MatterLight {
public:
  void begin(unsigned long discriminator);
  unsigned long pairing_code() const;

private:
  unsigned long discriminator = 0;
};
