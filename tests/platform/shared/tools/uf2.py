"""Packs a binary into a UF2 file (https://github.com/microsoft/uf2): uf2.py FAMILY ADDRESS SOURCE TARGET."""

import struct
import sys

PAYLOAD = 256
HAS_FAMILY = 0x2000

family, address = (int(word, 0) for word in sys.argv[1:3])
with open(sys.argv[3], "rb") as file:
    image = file.read()
image += bytes(-len(image) % PAYLOAD)
count = len(image) // PAYLOAD
with open(sys.argv[4], "wb") as file:
    for number in range(count):
        payload = image[number * PAYLOAD:][:PAYLOAD]
        place = address + number * PAYLOAD
        file.write(struct.pack("<8I", 0x0A324655, 0x9E5D5157, HAS_FAMILY, place, PAYLOAD, number, count, family))
        file.write(payload.ljust(476, b"\0"))
        file.write(struct.pack("<I", 0x0AB16F30))
