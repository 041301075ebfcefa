int value_c = 67;
