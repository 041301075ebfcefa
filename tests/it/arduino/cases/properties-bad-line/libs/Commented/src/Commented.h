#define COMMENTED 3
