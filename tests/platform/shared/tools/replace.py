"""Writes a text with words replaced: replace.py SOURCE TARGET WORD=TEXT…"""

import sys

with open(sys.argv[1]) as file:
    text = file.read()
for pair in sys.argv[3:]:
    word, value = pair.split("=", 1)
    text = text.replace(word, value)
with open(sys.argv[2], "w") as file:
    file.write(text)
