int flat_top();
int flat_low();
