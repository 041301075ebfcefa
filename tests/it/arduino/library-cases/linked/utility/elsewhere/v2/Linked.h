#define V 6
int f();
