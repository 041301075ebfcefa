#define NOVERSION 7
