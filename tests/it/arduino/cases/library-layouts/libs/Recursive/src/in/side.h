#define SIDE 2
