// The second stage of the boot ROM: 252 bytes and their checksum. This one only goes on where the vectors are, with
// the flash as the ROM has left it, so it is no good for a real board: the ROM rejects its checksum, which is zero.

  .syntax unified
  .cpu cortex-m0plus
  .thumb
  .section .boot2, "ax"
  ldr r0, =0x10000100
  ldr r1, =0xE000ED08
  str r0, [r1]
  ldmia r0!, {r1, r2}
  msr msp, r1
  bx r2
  .pool
  .org 252
  .word 0
