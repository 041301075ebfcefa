asm(".section .progmem.data\nblob: .incbin \"blob.bin\"\n.text\n");
extern const char blob[];
void setup() { PORTB = pgm_read_byte(blob); }
void loop() {}
