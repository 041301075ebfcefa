int old_thing() { return 3; }
