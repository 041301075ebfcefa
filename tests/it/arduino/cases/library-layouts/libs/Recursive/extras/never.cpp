#error not compiled
