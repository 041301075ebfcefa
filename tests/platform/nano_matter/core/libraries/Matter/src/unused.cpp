// From an archive this is not linked: it would not.

void never_defined();
void never_called() { never_defined(); }
