int l = 1;
