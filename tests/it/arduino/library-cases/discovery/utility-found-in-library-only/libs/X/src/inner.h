#define INNER 9
