#error never compiled
