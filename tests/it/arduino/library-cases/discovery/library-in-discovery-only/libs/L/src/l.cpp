int l = 77;
