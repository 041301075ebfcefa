#define PUMP 1
