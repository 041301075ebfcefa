int dot_used();
int dot_unused();
