int tab_value = 4;
