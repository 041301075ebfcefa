int m = 2;
