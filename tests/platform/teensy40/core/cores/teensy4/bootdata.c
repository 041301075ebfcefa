// What the boot ROM of the i.MX RT1062 reads first (reference manual, chapter 9): how to read the flash, and where
// the program starts.

#ifdef __IMXRT1062__
#include <stdint.h>

extern uint32_t __image_size, __flash_start, image_vector_table, boot_data, __stack_top;
extern void copy_and_start(void);

__attribute__((section(".flashconfig"), used)) const uint32_t flexspi_configuration[128] = {
    0x42464346, 0x56010000, 0, 0x00030301, // tag, version, reading mode
    [0x40 / 4] = 0, [0x44 / 4] = 0x00030401, [0x50 / 4] = 0x00200000,
    [0x80 / 4] = 0x0A1804EB, 0x26043206, // quad read
    [0x1C0 / 4] = 256, 4096, 1,
};

__attribute__((section(".rom_vectors"), used)) const uint32_t *const rom_vectors[2] = {
    &__stack_top, (const uint32_t *)copy_and_start};

__attribute__((section(".ivt"), used)) const uint32_t *const image_vectors[8] = {
    (const uint32_t *)0x432000D1, (const uint32_t *)rom_vectors, 0, 0, (const uint32_t *)&boot_data,
    (const uint32_t *)&image_vector_table, 0, 0};

__attribute__((section(".bootdata"), used)) const uint32_t *const boot_data_words[3] = {
    &__flash_start, &__image_size, 0};
#endif
