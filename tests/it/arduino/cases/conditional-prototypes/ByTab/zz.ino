#define FROM_TAB
int other() { return 3; }
