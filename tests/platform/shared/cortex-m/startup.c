// From reset to main() on a Cortex-M: stack and vectors are what the processor wants, memory and
// constructors what C and C++ want. The chip's own interrupts follow in `chip_vectors`.

#include <stdint.h>

extern uint32_t __stack_top, __data_source, __data_start, __data_end, __bss_start, __bss_end;
extern void (*__init_array_start[])(void), (*__init_array_end[])(void);
extern int main(void);

void Default_Handler(void) {
  for (;;) {
  }
}

// What a chip must do before memory is ready: clocks of RAM banks, watchdogs that run from the start.
__attribute__((weak)) void chip_early_init(void) {}

void Reset_Handler(void) {
#if defined(__ARM_FP)
  // Full access to coprocessors 10 and 11, the floating point unit.
  *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
  __asm volatile("dsb\n isb");
#endif
  chip_early_init();
  const uint32_t *from = &__data_source;
  for (uint32_t *to = &__data_start; to < &__data_end;) {
    *to++ = *from++;
  }
  for (uint32_t *to = &__bss_start; to < &__bss_end;) {
    *to++ = 0;
  }
  for (void (**constructor)(void) = __init_array_start; constructor < __init_array_end; constructor++) {
    (*constructor)();
  }
  main();
  Default_Handler();
}

// SysTick counts milliseconds; see time.c.
void SysTick_Handler(void);
#define UNUSED __attribute__((weak, alias("Default_Handler")))
UNUSED void NMI_Handler(void);
UNUSED void HardFault_Handler(void);
UNUSED void SVC_Handler(void);
UNUSED void PendSV_Handler(void);

#ifndef VECTOR_7
// The NXP boot ROM wants a checksum there.
#define VECTOR_7 0
#endif

__attribute__((section(".vectors"), used)) const void *const core_vectors[16] = {
    &__stack_top, Reset_Handler, NMI_Handler, HardFault_Handler, Default_Handler, Default_Handler, Default_Handler,
    (const void *)VECTOR_7, 0, 0, 0, SVC_Handler, Default_Handler, 0, PendSV_Handler, SysTick_Handler,
};
