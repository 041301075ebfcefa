#define D 1
