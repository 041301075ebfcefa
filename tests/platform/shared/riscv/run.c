// The part of the start that C can say.

extern void (*__init_array_start[])(void), (*__init_array_end[])(void);

void run_constructors(void) {
  for (void (**constructor)(void) = __init_array_start; constructor < __init_array_end; constructor++) {
    (*constructor)();
  }
}
