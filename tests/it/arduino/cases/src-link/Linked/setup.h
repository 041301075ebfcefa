#define SETUP 5
