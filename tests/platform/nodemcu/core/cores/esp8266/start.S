// From the boot ROM to main(): memory is loaded already, a stack is there.

  .section .entry.text, "ax"
  .literal_position
  .globl app_entry
  .type app_entry, @function
  .align 4
app_entry:
  movi a1, 0x3FFFFFF0
  movi a2, __bss_start
  movi a3, __bss_end
  movi a4, 0
1:
  bgeu a2, a3, 2f
  s32i a4, a2, 0
  addi a2, a2, 4
  j 1b
2:
  call0 start
3:
  j 3b
