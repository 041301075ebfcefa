int own() { return 2; }
