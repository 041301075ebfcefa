#define EMPTY 4
