// The chip's own interrupts: nobody uses one yet.

extern void Default_Handler(void);

__attribute__((section(".chip_vectors"), used)) void (*const chip_vectors[97])(void) = {
    [0 ... 96] = Default_Handler,
};
