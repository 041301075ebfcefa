// What is in each variant's libs/libmbed.a, made from this by hand (with the flags of the variant's processor):
//   arm-none-eabi-gcc -mcpu=cortex-m7 -mthumb -mfloat-abi=softfp -mfpu=fpv5-d16 -Os -c os.c -o os.o
//   arm-none-eabi-ar rcsD libmbed.a os.o

const char mbed_version[] = "mini mbed 6.17.0";

volatile unsigned mbed_crashes;

// The core's is weak, and the table of vectors is content with it: only an archive that is linked whole brings this one.
void HardFault_Handler(void) {
  mbed_crashes++;
  *(volatile unsigned *)0xE000ED0Cu = 0x05FA0004u;
  for (;;) {
  }
}
