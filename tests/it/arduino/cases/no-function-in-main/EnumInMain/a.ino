Way way = RIGHT;
