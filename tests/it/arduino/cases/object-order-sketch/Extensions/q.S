.section .text.ss,"ax",@progbits
.global ss
ss: ldi r24, 5
 ldi r25, 0
 ret
