// From reset to main() on a 32-bit RISC-V with nothing but machine mode; also where there are only 16
// registers (rv32e).

  .section .init, "ax"
  .globl _start
  .type _start, @function
_start:
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  la sp, __stack_top
  la t0, trap_entry
  csrw mtvec, t0
  la a0, __data_source
  la a1, __data_start
  la a2, __data_end
1:
  bgeu a1, a2, 2f
  lw t0, 0(a0)
  sw t0, 0(a1)
  addi a0, a0, 4
  addi a1, a1, 4
  j 1b
2:
  la a1, __bss_start
  la a2, __bss_end
3:
  bgeu a1, a2, 4f
  sw zero, 0(a1)
  addi a1, a1, 4
  j 3b
4:
  call run_constructors
  call main
5:
  j 5b

  // Aligned for whatever mode mtvec is in.
  .balign 64
  .weak trap_entry
  .type trap_entry, @function
trap_entry:
  j trap_entry
