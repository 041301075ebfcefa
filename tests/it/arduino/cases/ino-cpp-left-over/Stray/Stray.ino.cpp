#error left over
