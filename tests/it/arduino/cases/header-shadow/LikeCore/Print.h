#error not the core's
