int version(void) { return ARDUINO / 100; }
