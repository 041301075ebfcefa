int level = 4;
const char name[] = "x";
