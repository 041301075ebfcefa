int twice_a();
int twice_b();
