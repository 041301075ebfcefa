#define SETUP 6
