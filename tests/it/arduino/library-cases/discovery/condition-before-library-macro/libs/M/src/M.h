#define WANTS 1
