int value_b = 66;
