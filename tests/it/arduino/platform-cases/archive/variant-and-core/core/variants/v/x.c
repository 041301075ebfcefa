int one(void) { return 6; }
int only_in_variant(void) { return 7; }
