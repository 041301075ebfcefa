.section .text.e5,"ax",@progbits
.global e5
e5: ldi r24, 5
 ldi r25, 0
 ret
