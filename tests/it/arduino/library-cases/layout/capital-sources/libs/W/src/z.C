#error never
