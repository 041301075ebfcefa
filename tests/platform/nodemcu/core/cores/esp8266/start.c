extern void (*__init_array_start[])(void), (*__init_array_end[])(void);
extern int main(void);

void start(void) {
  for (void (**constructor)(void) = __init_array_start; constructor < __init_array_end; constructor++) {
    (*constructor)();
  }
  main();
}
