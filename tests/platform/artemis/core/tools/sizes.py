"""What a program takes, as JSON (Arduino's platform specification, recipe.advanced_size)."""

import subprocess
import sys

size, program, flash, ram = sys.argv[1:]
listing = subprocess.run([size, "-A", program], check=True, stdout=subprocess.PIPE).stdout.decode()
taken = {}
for line in listing.splitlines():
    words = line.split()
    if len(words) == 3 and words[1].isdigit():
        taken[words[0]] = int(words[1])
text = sum(taken.get(name, 0) for name in (".text", ".ARM.exidx", ".data"))
data = sum(taken.get(name, 0) for name in (".data", ".bss"))
print(
    f'{{"output": "text {text}, data {data}", "severity": "info", "sections": ['
    f'{{"name": "text", "size": {text}, "max_size": {flash}}}, '
    f'{{"name": "data", "size": {data}, "max_size": {ram}}}]}}'
)
