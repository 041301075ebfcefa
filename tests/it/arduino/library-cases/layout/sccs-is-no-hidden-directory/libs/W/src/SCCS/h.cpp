#error seen
