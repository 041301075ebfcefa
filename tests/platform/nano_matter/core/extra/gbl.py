"""Wraps a binary as the bootloader wants it: a header tag, the program with its length, an end tag with a CRC."""

import struct
import sys
from binascii import crc32

with open(sys.argv[1], "rb") as file:
    program = file.read()
image = struct.pack("<IIII", 0x03A617EB, 8, 0x03000000, 0) + struct.pack("<II", 0xFE0101FE, len(program)) + program
image += struct.pack("<II", 0xFC0404FC, 4)
with open(sys.argv[2], "wb") as file:
    file.write(image + struct.pack("<I", crc32(image)))
