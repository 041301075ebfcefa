#define MADE 6
