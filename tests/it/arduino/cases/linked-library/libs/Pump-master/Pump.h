#define PUMP 2
