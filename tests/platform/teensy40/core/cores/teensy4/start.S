// Runs in the flash: copies the program to the memory beside the processor, and goes on there.

#ifdef __IMXRT1062__
  .syntax unified
  .section .startup, "ax"
  .globl copy_and_start
  .thumb_func
  .type copy_and_start, %function
copy_and_start:
  ldr r0, =__itcm_source
  ldr r1, =__itcm_start
  ldr r2, =__itcm_end
1:
  cmp r1, r2
  bhs 2f
  ldr r3, [r0], #4
  str r3, [r1], #4
  b 1b
2:
  ldr r0, =0xE000ED08
  ldr r1, =core_vectors
  str r1, [r0]
  ldr r0, =Reset_Handler
  bx r0
  .pool
#endif
