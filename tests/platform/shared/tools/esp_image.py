"""Packs a linked program as the boot ROMs of Espressif's chips load it (esptool's documentation, "Firmware Image
Format"): esp_image.py --chip CHIP --flash-mode MODE --flash-size SIZE SOURCE.elf TARGET.

Every loaded segment of the ELF becomes one of the image; the last byte is an XOR of all of them."""

import struct
import sys

CHIPS = {"esp8266": None, "esp32c3": 5}
MODES = {"qio": 0, "qout": 1, "dio": 2, "dout": 3}
SIZES = {"1MB": 0, "2MB": 1, "4MB": 2, "8MB": 3}

options = dict(zip(sys.argv[1:-2:2], sys.argv[2:-2:2]))
with open(sys.argv[-2], "rb") as file:
    program = file.read()
entry, headers = struct.unpack_from("<II", program, 24)
entry_size, count = struct.unpack_from("<HH", program, 42)
segments = []
for number in range(count):
    kind, offset, address, _, size = struct.unpack_from("<5I", program, headers + number * entry_size)
    if kind == 1 and size > 0:
        data = program[offset:offset + size]
        segments.append((address, data + bytes(-len(data) % 4)))

chip = CHIPS[options["--chip"]]
size = SIZES[options["--flash-size"]]
image = struct.pack("<4BI", 0xE9, len(segments), MODES[options["--flash-mode"]], size << 4, entry)
if chip is not None:
    image += struct.pack("<4BH10x", 0xEE, 0, 0, 0, chip)
checksum = 0xEF
for address, data in segments:
    image += struct.pack("<II", address, len(data)) + data
    for byte in data:
        checksum ^= byte
image += bytes(15 - len(image) % 16) + bytes([checksum])
with open(sys.argv[-1], "wb") as file:
    file.write(image)
