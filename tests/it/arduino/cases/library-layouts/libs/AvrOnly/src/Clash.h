#define CLASH 1
