struct Loud { Loud() { *(volatile char *)0x25 = 9; } } loud;
