#define SPACES 5
