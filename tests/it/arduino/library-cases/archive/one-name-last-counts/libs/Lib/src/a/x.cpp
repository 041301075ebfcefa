int first() { return 5; }
int second() { return 6; }
