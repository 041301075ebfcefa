#define SETUP 1
