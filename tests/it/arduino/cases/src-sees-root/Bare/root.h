#define ROOT 1
