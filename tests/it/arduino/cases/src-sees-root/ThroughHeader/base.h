#define FACE 2
