// Stands for the second stage of ESP-IDF's bootloader, which the SDK has linked: it only waits. One for each flash mode,
// told apart by a word. Linked by
//   gcc -march=rv32imc -mabi=ilp32 -nostdlib -Ttext=0x403CE000 -Wl,--build-id=none -s -DMODE=… bootloader.S
.globl _start
_start:
    wfi
    j _start
    .balign 4
    .word MODE
