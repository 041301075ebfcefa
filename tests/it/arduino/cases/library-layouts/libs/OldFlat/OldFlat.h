int old_one();
int old_two();
