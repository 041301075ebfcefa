#define LOW_VALUE 3
