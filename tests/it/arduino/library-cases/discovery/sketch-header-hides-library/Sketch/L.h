#define V 8
