int value_a = 65;
