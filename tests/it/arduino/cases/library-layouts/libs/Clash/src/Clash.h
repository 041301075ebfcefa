#define CLASH 2
