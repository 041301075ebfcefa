"""Writes the checksum of the first seven vectors into the eighth, as NXP's boot ROM wants it."""

import struct
import sys

source, target = sys.argv[1:]
with open(source, "rb") as file:
    image = bytearray(file.read())
image[28:32] = struct.pack("<I", -sum(struct.unpack("<7I", image[:28])) & 0xFFFFFFFF)
with open(target, "wb") as file:
    file.write(image)
