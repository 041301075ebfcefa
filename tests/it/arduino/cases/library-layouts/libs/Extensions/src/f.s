this is never assembled
