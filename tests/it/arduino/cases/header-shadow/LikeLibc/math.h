#error not libc's
